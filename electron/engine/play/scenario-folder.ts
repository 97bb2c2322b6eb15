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
   * @throws TocsinError `scenario_unreadable`, `scenario_missing`
   */
  constructor(path: string) {
    try {
      const isFolder = statSync(path).isDirectory()
      this.root = realpathSync(isFolder ? path : dirname(path))
      this.files = isFolder ? walk(this.root, '', 0) : [basename(path)]
    } catch (error) {
      throw new TocsinError('scenario_unreadable', `The scenarios cannot be read: ${errorMessage(error)}`, {
        cause: error,
      })
    }
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
    if (isAbsolute(file) || posix.isAbsolute(file) || posix.normalize(file).startsWith('..')) return 'outside'
    try {
      const real = realpathSync(join(this.root, file))
      const inside = relative(this.root, real)
      if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return 'outside'
      const info = statSync(real)
      if (!info.isFile() || info.size > MAX_FILE_BYTES) return 'unreadable'
      return { text: readFileSync(real, 'utf8') }
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'missing' : 'unreadable'
    }
  }
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
