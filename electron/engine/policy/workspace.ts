import { watch, type FSWatcher } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import { DECLARATION_FILE, OWN_ACTIONS_FOLDER } from '../actions/own/own-files.ts'
import type { PolicyFiles } from './compile.ts'
import { dataTooLarge, LIVE_DATA, TEST_DATA, type DataLimits } from './data-files.ts'
import type { Diagnostic, DiagnosticDetails } from './toolchain/types.ts'

/** Far beyond any policy; 10,000 rules are 900 kB and compile in 8 s. */
const MAX_FILES = 5000
/** Every scenario that was played has a folder and a file. */
const MAX_TEST_FILES = 50_000
const MAX_FILE_BYTES = 8 * 1024 * 1024
const MAX_TOTAL_BYTES = 32 * 1024 * 1024
/** Declarations of own actions and their scripts, which every version is stored with. */
const OWN_ACTIONS = { fileBytes: 1024 * 1024, totalBytes: 8 * 1024 * 1024 }
/** Editors save in several steps (write, rename), and a checkout changes many files. */
const SETTLE_MS = 100
/** How soon a folder that is missing is looked for again. */
const RETRY_MS = 2000

const DATA_FILES = new Set(['data.json', 'data.yaml', 'data.yml'])
/** What tests see as data: all that `opa test` loads. */
const TEST_DATA_FILE = /\.(?:json|ya?ml)$/
/** Object stores and dependencies hold no policies and many folders. */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules'])
/** Sample events and what `play` works with are data of tests alone: no part of a version. */
const isTestFolder = (path: string): boolean => /(?:^|\/)testdata(?:\/|$)/.test(path) || /^play(?:\/|$)/.test(path)
/** A folder for each scenario that was played; a save need not look at them. */
const PLAY_OUTPUT = 'play/output'

/** Whether data files in a folder are part of a version of this policy folder. Both absolute. */
export function holdsLiveData(policyDir: string, folder: string): boolean {
  const path = relativePath(policyDir, folder)
  return path !== '..' && !path.startsWith('../') && !isAbsolute(path) && !isTestFolder(path)
}

interface Listing {
  folders: string[]
  policies: string[]
  data: string[]
  /** Whatever else lies below `actions/`: declarations of own actions, scripts, and what is neither. */
  actions: string[]
}

/**
 * Reads a policy folder as a version holds it: all `.rego` files, and `data.json`, `data.yaml`, `data.yml` at their path except
 * below `testdata` and `play`; in `actions/` the declarations of own actions and the scripts that they name. Links are not followed.
 * @param folder absolute
 * @throws TocsinError `workspace_unreadable`, `workspace_too_large`, `data_too_large` with `DiagnosticDetails`
 */
export async function readWorkspace(folder: string): Promise<PolicyFiles> {
  return readListing(folder, await list(folder), LIVE_DATA)
}

/**
 * Reads a policy folder as its tests see it: every JSON and YAML file is data at its folder's path, as `opa test` has it.
 * @param folder absolute
 * @throws as `readWorkspace`
 */
export async function readTestWorkspace(folder: string): Promise<PolicyFiles> {
  return readListing(folder, await list(folder, { isForTests: true }), TEST_DATA)
}

async function readListing(folder: string, listing: Listing, limits: DataLimits): Promise<PolicyFiles> {
  const policies = { fileBytes: MAX_FILE_BYTES, totalBytes: MAX_TOTAL_BYTES }
  try {
    const sources = await readFiles(folder, listing.policies, policies, tooLarge)
    sources.push(...(await readOwnActions(folder, listing.actions)))
    const dataFiles = await readFiles(folder, listing.data, limits, (file) => dataTooLarge(file, limits))
    return { sources, dataFiles }
  } catch (error) {
    if (error instanceof TocsinError) throw error
    throw unreadable(folder, error)
  }
}

async function readOwnActions(folder: string, paths: readonly string[]): Promise<PolicyFiles['sources']> {
  const declarations = paths.filter((path) => DECLARATION_FILE.test(relativePath(folder, path)))
  if (declarations.length === 0) return []
  const refusal = (file: string): TocsinError => tooLarge(file, MAX_FILES, OWN_ACTIONS.fileBytes)
  const declared = await readFiles(folder, declarations, OWN_ACTIONS, refusal)
  const { namedScripts } = await import('../actions/own/read-declarations.ts')
  const named = new Set(namedScripts(declared))
  const scripts = paths.filter((path) => named.has(relativePath(folder, path)))
  return [...declared, ...(await readFiles(folder, scripts, OWN_ACTIONS, refusal))]
}

async function readFiles(
  folder: string,
  paths: string[],
  limits: Pick<DataLimits, 'fileBytes' | 'totalBytes'>,
  refusal: (file: string) => TocsinError,
): Promise<PolicyFiles['sources']> {
  const files = []
  let total = 0
  for (const path of paths.sort()) {
    const name = relativePath(folder, path)
    const { size } = await stat(path)
    total += size
    if (size > limits.fileBytes || total > limits.totalBytes) throw refusal(name)
    files.push({ path: name, source: textOf(name, await readFile(path)) })
  }
  return files
}

/** A script's hash is that of its bytes, so that a version has to hold them as they are. */
function textOf(file: string, bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!file.startsWith(`${OWN_ACTIONS_FOLDER}/`) || bytes.equals(Buffer.from(text))) return text
  throw failure('policy_invalid', {
    code: 'action_invalid',
    message: 'The file is not text in UTF-8: let a script call a program by its path.',
    file,
  })
}

async function list(root: string, { isForTests = false } = {}): Promise<Listing> {
  const listing: Listing = { folders: [root], policies: [], data: [], actions: [] }
  for (let i = 0; i < listing.folders.length; i++) {
    const current = listing.folders[i] ?? root
    const place = relativePath(root, current)
    const isData = dataFilter(place, isForTests)
    const entries = await readdir(current, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(current, error)
    })
    for (const entry of entries) {
      const path = join(current, entry.name)
      if (entry.isDirectory()) {
        if (SKIPPED_FOLDERS.has(entry.name)) continue
        if (isForTests || relativePath(root, path) !== PLAY_OUTPUT) listing.folders.push(path)
      } else if (entry.isFile() && entry.name.endsWith('.rego')) listing.policies.push(path)
      else if (entry.isFile() && isData(entry.name) && !DECLARATION_FILE.test(relativePath(root, path)))
        listing.data.push(path)
      else if (entry.isFile() && isOwnActions(place)) listing.actions.push(path)
    }
    const maxFiles = isForTests ? MAX_TEST_FILES : MAX_FILES
    const { folders, policies, data, actions } = listing
    if (folders.length + policies.length + data.length + actions.length > maxFiles) throw tooLarge('.', maxFiles)
  }
  return listing
}

function isOwnActions(folder: string): boolean {
  return folder === OWN_ACTIONS_FOLDER || folder.startsWith(`${OWN_ACTIONS_FOLDER}/`)
}

function dataFilter(folder: string, isForTests: boolean): (name: string) => boolean {
  if (isForTests) return (name) => TEST_DATA_FILE.test(name)
  return isTestFolder(folder) ? () => false : (name) => DATA_FILES.has(name)
}

function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
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

function tooLarge(file: string, maxFiles = MAX_FILES, fileBytes = MAX_FILE_BYTES): TocsinError {
  return failure('workspace_too_large', {
    code: 'workspace_too_large',
    message: `The policy folder is too large: at most ${maxFiles} files, ${fileBytes} bytes each.`,
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
