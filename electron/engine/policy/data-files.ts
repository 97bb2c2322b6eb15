import { TocsinError } from '../../../shared/errors.ts'
import { countValues } from './data-size.ts'
import { shortestNumber } from './decimal.ts'
import { checkEventText } from './event-text.ts'
import { jsonFault } from './json-fault.ts'
import { encodeJson, RegoNumber, setKey, type RegoValue } from './rego-value.ts'
import type { Toolchain } from './toolchain/toolchain.ts'
import type { Diagnostic, DiagnosticDetails, SourceFile } from './toolchain/types.ts'

/** A file of data at its folder's path: `ioc/data.json` is `data.ioc`. `json` is what a YAML file says, once it was read. */
export interface DataFile extends SourceFile {
  json?: string
}

/** Bytes of data files: of one, and of all together; and what may be in them. */
export interface DataLimits {
  fileBytes: number
  totalBytes: number
  values: number
}

const MIB = 1024 * 1024

/**
 * What a policy version takes: an indicator list of 400,000 addresses. Every version is stored with its data, and every policy
 * thread holds it parsed, at some 200 bytes a value.
 */
export const LIVE_DATA: DataLimits = { fileBytes: 4 * MIB, totalBytes: 8 * MIB, values: 500_000 }

/** What tests see beside: sample events and what `play` wrote. It lives for one run of the tests. */
export const TEST_DATA: DataLimits = { fileBytes: 32 * MIB, totalBytes: 128 * MIB, values: Number.POSITIVE_INFINITY }

type Document = { [key: string]: RegoValue }

/** All documents at once, so that many files are one evaluation; a text that is no YAML is missing from the answer. */
const YAML_READER: SourceFile = {
  path: 'yaml.rego',
  source:
    'package yaml_reader\n\ndocuments[path] := document if {\n\tsome path, text in input\n\tdocument := yaml.unmarshal(text)\n}\n',
}
const YAML_TIMEOUT_MS = 10_000

/**
 * Reads the YAML files by the reader that OPA itself has (`yes` is text, `0o7` is 7), so that they mean what they mean
 * to `opa`; then holds all of them against the limits, since an alias stands for all that it repeats.
 * @returns all files, those of YAML with their `json`
 * @throws TocsinError `policy_invalid` (`data_invalid`, `data_too_large`), or what the tool chain throws
 */
export async function readDataFiles(
  toolchain: Toolchain,
  files: readonly DataFile[],
  limits: DataLimits,
): Promise<DataFile[]> {
  const read = await readYaml(toolchain, files)
  let [bytes, values] = [0, 0]
  for (const { path, source, json } of read) {
    const text = json ?? source
    bytes += text.length
    values += countValues(text)
    if (text.length <= limits.fileBytes && bytes <= limits.totalBytes && values <= limits.values) continue
    throw dataTooLarge(path, limits)
  }
  return read
}

/** The error of a file that is beyond the limits, or with which all together are. */
export function dataTooLarge(file: string, limits: DataLimits): TocsinError {
  const values = Number.isFinite(limits.values) ? `, and together ${limits.values} values` : ''
  const sizes = `${limits.fileBytes / MIB} MiB each, ${limits.totalBytes / MIB} MiB together${values}`
  return invalid({ code: 'data_too_large', message: `Data files may have ${sizes}: make it shorter.`, file })
}

async function readYaml(toolchain: Toolchain, files: readonly DataFile[]): Promise<DataFile[]> {
  const texts = files.filter(({ path }) => !path.endsWith('.json')).map(({ path, source }) => [path, source] as const)
  if (texts.length === 0) return [...files]
  const { result, error } = await toolchain.eval({
    files: [YAML_READER],
    entrypoint: 'yaml_reader/documents',
    input: new TextEncoder().encode(JSON.stringify(Object.fromEntries(texts))),
    nowNs: 0n,
    seed: '',
    timeoutMs: YAML_TIMEOUT_MS,
    print: false,
  })
  if (error) throw invalid(error)
  const documents = exactJson(result ?? '{}') as Document // the package above
  return files.map((file) => {
    if (file.path.endsWith('.json')) return file
    const document = documents[file.path]
    if (document === undefined) {
      throw invalid({ code: 'data_invalid', message: 'The data file is not YAML.', file: file.path })
    }
    return { ...file, json: encodeJson(document) }
  })
}

/**
 * The document `data`: every file's value at its folder's path, as OPA merges them.
 * @param files YAML files with their `json`
 * @returns JSON text, each number in its shortest form
 * @throws TocsinError `policy_invalid`: `data_invalid` (not JSON, with row and column), `data_conflict` (two files say
 *   something about the same place; both are named)
 */
export function dataText(files: readonly DataFile[]): string {
  const root: Document = {}
  for (const [index, file] of files.entries()) {
    const clash = merge(root, placeOf(file))
    if (!clash) continue
    const other = fillerOf(files.slice(0, index), clash)?.path ?? 'another file'
    const message = `${dataPath(clash)} is filled by ${other} already: give each place to one file.`
    throw invalid({ code: 'data_conflict', message, file: file.path })
  }
  return encodeJson(root)
}

/**
 * Names the data file where the tool chain says that a rule stands at a place of data.
 * @throws what `work` rejects with, such diagnostics being `data_conflict`
 */
export async function namingDataFiles<T>(files: readonly DataFile[], work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof TocsinError)) throw error
    const { diagnostics } = (error.details ?? {}) as Partial<DiagnosticDetails> // what the tool chain throws has them
    const named = diagnostics?.map((one) => nameDataFile(files, one))
    if (!named?.some(({ code }) => code === 'data_conflict')) throw error
    throw new TocsinError(error.code, named[0]?.message ?? error.message, {
      cause: error,
      details: { diagnostics: named },
    })
  }
}

/** OPA's words. */
const RULE_AT_DATA = /^conflicting rule for data path (.+) found$/

function nameDataFile(files: readonly DataFile[], diagnostic: Diagnostic): Diagnostic {
  const path = RULE_AT_DATA.exec(diagnostic.message)?.[1]?.split('/')
  if (!path) return diagnostic
  const data = fillerOf(files, path)?.path ?? 'a data file'
  const message = `The rule is at ${dataPath(path)}, which ${data} fills: rename one of the two.`
  return { ...diagnostic, code: 'data_conflict', message }
}

function placeOf(file: DataFile): Document {
  let value = parse(file)
  const folders = file.path.split('/').slice(0, -1)
  if (folders.length === 0 && !isDocument(value)) {
    const message = 'The data file lies at the root of the folder, so its value has to be an object.'
    throw invalid({ code: 'data_invalid', message, file: file.path })
  }
  for (const folder of folders.toReversed()) {
    const parent: Document = {}
    setKey(parent, folder, value)
    value = parent
  }
  return value as Document // an object in its folders, or checked above
}

/** V8's message may name the place; the diagnostic does always. */
const V8_PLACE = / \(line \d+ column \d+\)$/

function parse(file: DataFile): RegoValue {
  const text = (file.json ?? file.source).replace(/^\uFEFF/, '')
  // The checks of an event: both evaluators have to read it alike.
  const checked = checkEventText(new TextEncoder().encode(text))
  if ('bytes' in checked) return exactJson(text)
  const why = checked.malformed.replace(/^The input /, 'It ').replace(V8_PLACE, '')
  const isText = checked.malformed.includes('JSON')
  throw invalid({
    code: 'data_invalid',
    message: `The data file cannot be read. ${why}`,
    file: file.path,
    ...(isText ? jsonFault(text) : {}),
  })
}

/** Where the text of a number may say more than a double. */
const INEXACT = /\d{16}|\d[.eE]/

/** Reads numbers in their shortest form, those that no double holds with all their digits. */
function exactJson(text: string): RegoValue {
  if (!INEXACT.test(text)) return JSON.parse(text) as RegoValue
  const reviver = (_key: string, value: unknown, { source }: { source: string }): unknown => {
    if (typeof value !== 'number' || String(value) === source) return value
    const shortest = shortestNumber(source)
    return String(value) === shortest ? value : new RegoNumber(shortest)
  }
  // The third argument is ECMAScript's "JSON.parse source text access", which TypeScript's library does not have yet.
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as RegoValue
}

/** @returns the place that both fill; null when there is none */
function merge(target: Document, source: Document, at: readonly string[] = []): string[] | null {
  for (const [key, value] of Object.entries(source)) {
    const present = Object.hasOwn(target, key) ? target[key] : undefined
    if (present === undefined) setKey(target, key, value)
    else if (!isDocument(present) || !isDocument(value)) return [...at, key]
    else {
      const clash = merge(present, value, [...at, key])
      if (clash) return clash
    }
  }
  return null
}

/** The first file that has something at the path, or a value on the way to it that is no object. */
function fillerOf(files: readonly DataFile[], path: readonly string[]): DataFile | undefined {
  return files.find((file) => {
    let value: RegoValue | undefined = placeOf(file)
    for (const key of path) {
      if (!isDocument(value)) return true
      value = Object.hasOwn(value, key) ? value[key] : undefined
      if (value === undefined) return false
    }
    return true
  })
}

function isDocument(value: RegoValue | undefined): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegoNumber)
}

const WORD = /^[A-Za-z_]\w*$/

function dataPath(path: readonly string[]): string {
  return `data${path.map((key) => (WORD.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join('')}`
}

function invalid(diagnostic: Diagnostic): TocsinError {
  const details: DiagnosticDetails = { diagnostics: [diagnostic] }
  return new TocsinError('policy_invalid', diagnostic.message, { details })
}
