import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { DiskCache } from '../files/disk-cache.ts'
import { toolchainInfo, type Toolchain } from '../policy/toolchain/toolchain.ts'
import type { Diagnostic, DiagnosticDetails } from '../policy/toolchain/types.ts'
import { jsonnetImports } from './jsonnet-imports.ts'
import { scenarioError } from './scenario.ts'
import type { ScenarioFolder } from './scenario-folder.ts'

/** Every file that a scenario can reach by imports, itself included, and who names whom. */
interface Closure {
  texts: Map<string, string>
  imports: Map<string, { target: string; row: number }[]>
}

/** Begins the cache's file; changes when what is kept changes its form. */
const CACHE_FORM = 1

/**
 * Turns scenario files into JSON. What is JSON already is taken as it is; jsonnet goes through the tool chain, and its
 * answers are kept: they depend on nothing but the texts of the files.
 */
export class ScenarioTexts {
  readonly #folder: ScenarioFolder
  readonly #toolchain: Toolchain
  readonly #cache: DiskCache | null
  readonly #cacheName: string
  readonly #kept: Map<string, string>
  readonly #used = new Map<string, string>()

  /** @param asked what was asked for: a file of the folder keeps its answers apart from the whole folder's */
  constructor(folder: ScenarioFolder, toolchain: Toolchain, cache: DiskCache | null, asked: string) {
    this.#folder = folder
    this.#toolchain = toolchain
    this.#cache = cache
    this.#cacheName = `scenarios-${sha256(`${CACHE_FORM}\n${toolchainInfo().sha256}\n${folder.root}\n${asked}`)}`
    this.#kept = readKept(cache?.read(this.#cacheName) ?? null)
  }

  /**
   * The file as JSON text.
   * @throws TocsinError `scenario_unreadable`, `jsonnet_invalid`, `toolchain_timeout`, … with `DiagnosticDetails`
   */
  async json(file: string): Promise<string> {
    const source = this.#folder.read(file)
    if (isJson(source)) return source
    const closure = this.#closure(file, source)
    const key = keyOf(file, closure)
    const text = this.#kept.get(key) ?? (await this.#evaluate(file, closure))
    this.#used.set(key, text)
    return text
  }

  /** Keeps this run's answers for the next one. */
  save(): void {
    const isSame = this.#used.size === this.#kept.size && [...this.#used.keys()].every((key) => this.#kept.has(key))
    if (!isSame) this.#cache?.write(this.#cacheName, Buffer.from(JSON.stringify([...this.#used])))
  }

  async #evaluate(file: string, closure: Closure): Promise<string> {
    try {
      const imports = Object.fromEntries(closure.texts)
      return await this.#toolchain.jsonnet({ path: file, source: closure.texts.get(file) ?? '', imports })
    } catch (error) {
      throw scenarioError(this.#explain(error, file, closure))
    }
  }

  #closure(file: string, source: string): Closure {
    const closure: Closure = { texts: new Map([[file, source]]), imports: new Map() }
    for (const [path, text] of closure.texts) {
      const found = jsonnetImports(text).map((one) => ({ target: this.#target(path, one.path), row: one.row }))
      closure.imports.set(path, found)
      for (const { target } of found) {
        const read = closure.texts.has(target) ? null : this.#folder.import(target)
        if (typeof read === 'object' && read !== null) closure.texts.set(target, read.text)
      }
    }
    return closure
  }

  /** Relative to the importing file, else to the folder, as the tool chain looks. */
  #target(from: string, path: string): string {
    if (posix.isAbsolute(path)) return path
    const near = posix.join(posix.dirname(from), path)
    const far = posix.normalize(path)
    return typeof this.#folder.import(near) === 'object' || typeof this.#folder.import(far) !== 'object' ? near : far
  }

  /** What the evaluator says, in the words of a folder and its files. */
  #explain(error: unknown, file: string, closure: Closure): Diagnostic {
    const [first] = (error as { details?: Partial<DiagnosticDetails> }).details?.diagnostics ?? [] // what the tool chain throws has them
    const found = relocated(first ?? { code: errorCode(error), message: errorMessage(error) })
    if (found.message.startsWith('max stack frames exceeded')) {
      const cycle = cycleFrom(file, closure)
      if (cycle !== null) return { ...found, ...cycle }
    }
    const missing = /^no file "(.*)" among those given$/s.exec(found.message)?.[1]
    if (missing === undefined) return { file, ...found }
    const why = this.#folder.import(this.#target(found.file ?? file, missing))
    const message =
      why === 'outside'
        ? `the import "${missing}" leads out of the scenario folder: --imports names a folder that holds both`
        : `the import "${missing}" cannot be read: ${why === 'missing' ? 'there is no such file' : 'it is no readable file'}`
    return { file, ...found, message }
  }
}

/** A failure inside an imported file is reported at the import, with the file's own place in the text. */
function relocated(diagnostic: Diagnostic): Diagnostic {
  const place = /^([^\s:]+):(\d+):(\d+)(?:-\d+(?::\d+)?)? ([^]*)$/.exec(diagnostic.message)
  if (place === null) return diagnostic
  const [, file = '', row, col, message = ''] = place
  return { ...diagnostic, file, row: Number(row), col: Number(col), message }
}

/** The shortest way by which the scenario's files import each other, or null. */
function cycleFrom(file: string, { imports }: Closure): Pick<Diagnostic, 'file' | 'row' | 'message'> | null {
  const done = new Set<string>()
  const visit = (path: string, way: { file: string; row: number }[]): typeof way | null => {
    const at = way.findIndex((step) => step.file === path)
    if (at !== -1) return way.slice(at)
    if (done.has(path)) return null
    for (const { target, row } of imports.get(path) ?? []) {
      const found = visit(target, [...way, { file: path, row }])
      if (found !== null) return found
    }
    done.add(path)
    return null
  }
  const cycle = visit(file, [])
  const [first] = cycle ?? []
  if (cycle === null || first === undefined) return null
  const way = [...cycle, first].map((step) => `${step.file}:${step.row}`).join(' → ')
  return { ...first, message: `files import each other without end: ${way}` }
}

function isJson(source: string): boolean {
  if (!/^\s*\{\s*"/.test(source)) return false
  try {
    JSON.parse(source)
    return true
  } catch {
    return false
  }
}

function keyOf(file: string, { texts }: Closure): string {
  const hash = createHash('sha256').update(file)
  for (const [path, text] of texts)
    hash.update(`\n${Buffer.byteLength(path)} ${Buffer.byteLength(text)}\n${path}${text}`)
  return hash.digest('hex')
}

function readKept(bytes: Buffer | null): Map<string, string> {
  return new Map(bytes === null ? [] : (JSON.parse(bytes.toString('utf8')) as [string, string][])) // written by save()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
