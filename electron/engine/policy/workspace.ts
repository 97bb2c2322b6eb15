import { watch, type FSWatcher } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import type { PolicyFiles } from './compile.ts'
import type { Diagnostic, DiagnosticDetails } from './toolchain/types.ts'

/** Far beyond any policy; 10,000 rules are 900 kB and compile in 8 s. */
const MAX_FILES = 5000
const MAX_FILE_BYTES = 8 * 1024 * 1024
const MAX_TOTAL_BYTES = 32 * 1024 * 1024
/** Editors save in several steps (write, rename), and a checkout changes many files. */
const SETTLE_MS = 100
/** How soon a folder that is missing is looked for again. */
const RETRY_MS = 2000

const DATA_FILES = new Set(['data.json', 'data.yaml', 'data.yml'])
/** Object stores and dependencies hold no policies and many folders. */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules'])

interface Listing {
  folders: string[]
  policies: string[]
  data: string[]
}

/**
 * Reads a policy folder: all `.rego` files, and `data.json`, `data.yaml` at their path. Links are not followed.
 * @param folder absolute
 * @throws TocsinError `workspace_unreadable`, `workspace_too_large` with `DiagnosticDetails`
 */
export async function readWorkspace(folder: string): Promise<PolicyFiles> {
  return readListing(folder, await list(folder))
}

async function readListing(folder: string, listing: Listing): Promise<PolicyFiles> {
  let total = 0
  const read = async (path: string): Promise<{ path: string; source: string }> => {
    const name = relative(folder, path).split(sep).join('/')
    const { size } = await stat(path)
    total += size
    if (size > MAX_FILE_BYTES || total > MAX_TOTAL_BYTES) throw tooLarge(name)
    return { path: name, source: await readFile(path, 'utf8') }
  }
  try {
    const sources = []
    for (const path of listing.policies.sort()) sources.push(await read(path))
    const dataFiles = []
    for (const path of listing.data.sort()) dataFiles.push(await read(path))
    return { sources, dataFiles }
  } catch (error) {
    if (error instanceof TocsinError) throw error
    throw unreadable(folder, error)
  }
}

async function list(folder: string): Promise<Listing> {
  const listing: Listing = { folders: [folder], policies: [], data: [] }
  for (let i = 0; i < listing.folders.length; i++) {
    const current = listing.folders[i] ?? folder
    const entries = await readdir(current, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(current, error)
    })
    for (const entry of entries) {
      const path = join(current, entry.name)
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) listing.folders.push(path)
      else if (entry.isFile() && entry.name.endsWith('.rego')) listing.policies.push(path)
      else if (entry.isFile() && DATA_FILES.has(entry.name)) listing.data.push(path)
    }
    if (listing.folders.length + listing.policies.length + listing.data.length > MAX_FILES) throw tooLarge('.')
  }
  return listing
}

/**
 * Watches a policy folder and all folders in it. Folders, not files, are watched: editors replace files.
 */
export class WorkspaceWatcher {
  readonly #folder: string
  readonly #onSettled: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param onSettled called when something has changed and then nothing for 100 ms */
  constructor(folder: string, onSettled: () => void) {
    this.#folder = folder
    this.#onSettled = onSettled
  }

  /** Watches the folders that are there now; called again after each change. Looks again later when there are none. */
  async sync(): Promise<void> {
    const found = await list(this.#folder).catch(() => null)
    if (this.#isClosed) return
    const folders = new Set(found?.folders)
    for (const [folder, watcher] of this.#watchers) if (!folders.has(folder)) this.#drop(folder, watcher)
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#add(folder)
    if (!this.#watchers.has(this.#folder)) this.#arm(RETRY_MS)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const [folder, watcher] of this.#watchers) this.#drop(folder, watcher)
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#arm(SETTLE_MS))
      watcher.on('error', () => {
        this.#drop(folder, watcher)
        this.#arm(RETRY_MS)
      })
      this.#watchers.set(folder, watcher)
    } catch {
      this.#arm(RETRY_MS) // gone again, or out of watches: the next look tells
    }
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close()
    this.#watchers.delete(folder)
  }

  #arm(delayMs: number): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onSettled, delayMs)
    this.#timer.unref()
  }
}

function tooLarge(file: string): TocsinError {
  return failure('workspace_too_large', {
    code: 'workspace_too_large',
    message: `The policy folder is too large: at most ${MAX_FILES} files, ${MAX_FILE_BYTES} bytes each.`,
    file,
  })
}

function unreadable(path: string, cause: unknown): TocsinError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return failure('workspace_unreadable', {
    code: 'workspace_unreadable',
    message: `The policy folder ${path} cannot be read: ${why}`,
  })
}

function failure(code: string, diagnostic: Diagnostic): TocsinError {
  const details: DiagnosticDetails = { diagnostics: [diagnostic] }
  return new TocsinError(code, diagnostic.message, { details })
}
