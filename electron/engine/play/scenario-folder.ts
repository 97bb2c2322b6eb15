import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, posix, relative, sep } from 'node:path'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { scenarioError } from './scenario.ts'

/** A folder of these has no scenarios, and many files. */
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules'])
const EXTENSION = '.jsonnet'

/** Scenarios hold events and answers; what is larger was not meant. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** As deep as any path of a file system goes. */
const MAX_DEPTH = 100

/** Why an import cannot be followed. */
export type NotImported = 'outside' | 'missing' | 'unreadable'

/** The files that scenarios may be made of: those of one folder, and nothing that lies elsewhere. */
export class ScenarioFolder {
  /** Without links. */
  readonly root: string
  /** Scenario files in the order in which they are played: relative, forward slashes. */
  readonly files: string[]
  readonly #texts = new Map<string, { text: string } | NotImported>()

  /**
   * @param path a folder, or one scenario file; absolute
   * @param importable the folder that imports stay in, which holds `path`; null: that of the scenarios
   * @throws TocsinError `scenario_unreadable`, `scenario_missing`, `scenario_outside`
   */
  constructor(path: string, importable: string | null = null) {
    let inside: string
    try {
      const isFolder = statSync(path).isDirectory()
      const own = realpathSync(isFolder ? path : dirname(path))
      this.root = importable === null ? own : realpathSync(importable)
      inside = relative(this.root, own).split(sep).join('/')
      this.files = isFolder ? walk(this.root, inside, 0) : [posix.join(inside, basename(path))]
    } catch (error) {
      throw new TocsinError('scenario_unreadable', `The scenarios cannot be read: ${errorMessage(error)}`, {
        cause: error,
      })
    }
    if (isOutside(inside))
      throw new TocsinError('scenario_outside', `${path} does not lie in ${importable}, which --imports names.`)
    if (this.files.length === 0)
      throw new TocsinError('scenario_missing', `${path} holds no scenario: a file whose name ends in ${EXTENSION}.`)
  }

  /**
   * The text of a scenario file.
   * @throws TocsinError `scenario_unreadable` that names the file
   */
  read(file: string): string {
    const text = this.import(file)
    if (typeof text === 'object') return text.text
    const why = text === 'outside' ? 'is a link that leads out of the scenario folder' : 'cannot be read'
    throw scenarioError({ code: 'scenario_unreadable', message: `This file ${why}.`, file })
  }

  /**
   * The text of any file of the folder.
   * @param file relative to the folder, forward slashes; may try to lead out of it
   */
  import(file: string): { text: string } | NotImported {
    let known = this.#texts.get(file)
    if (known === undefined) this.#texts.set(file, (known = this.#load(file)))
    return known
  }

  /** Lets go of what was read. */
  forget(): void {
    this.#texts.clear()
  }

  #load(file: string): { text: string } | NotImported {
    if (posix.isAbsolute(file) || isOutside(posix.normalize(file))) return 'outside'
    try {
      const real = realpathSync(join(this.root, file))
      if (isOutside(relative(this.root, real))) return 'outside'
      const info = statSync(real)
      if (!info.isFile() || info.size > MAX_FILE_BYTES) return 'unreadable'
      return { text: readFileSync(real, 'utf8') }
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'missing' : 'unreadable'
    }
  }
}

function isOutside(path: string): boolean {
  return path === '..' || /^\.\.[/\\]/.test(path) || isAbsolute(path)
}

/** As AlertChain walks: by name, folders where their name stands. Linked folders are not entered. */
function walk(root: string, folder: string, depth: number): string[] {
  if (depth > MAX_DEPTH) return []
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : walk(root, path, depth + 1)
    return entry.name.endsWith(EXTENSION) ? [path] : []
  })
}
