import { createHash } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import { setKey } from './rego-value.ts'
import { HOSTED_BUILTINS } from './builtins/hosted.ts'
import { toolchainInfo, type Toolchain } from './toolchain/toolchain.ts'
import type { DataDocument, Diagnostic, DiagnosticDetails, EntrypointInfo, SourceFile } from './toolchain/types.ts'

/** A file of data at its path: `ioc/data.json` is `data.ioc`. `json` is what a YAML file says, once it was read. */
export interface DataFile extends SourceFile {
  json?: string
}

/** What a workspace folder holds, by path: all that makes a policy version. */
export interface PolicyFiles {
  sources: SourceFile[]
  dataFiles: DataFile[]
}

/** Which loop the action policy is written for: `run` with commits, or `init`, `run` and `exit`. */
export type Generation = 'commit' | 'exit'

export interface PolicyMeta {
  entrypoints: EntrypointInfo[]
  requiredBuiltins: string[]
  generation: Generation
  /** Of the compiled policy; '' when no entrypoint is compiled. */
  wasmSha256: string
}

export interface CompiledPolicy extends PolicyFiles {
  /** SHA-256 of the files. */
  id: string
  wasm: Uint8Array<ArrayBuffer> | null
  meta: PolicyMeta
  /** SHA-256 of the tool chain that compiled it. */
  compilerHash: string
}

/** `http.send` exists for `authz` only; the tool chain refuses it elsewhere. */
export const AUTHZ_BUILTINS = ['http.send']

/**
 * The content's own name: equal files are the same version, wherever they came from.
 * @returns SHA-256 over the paths and texts in the order of their paths
 */
export function policyVersionId({ sources, dataFiles }: PolicyFiles): string {
  const hash = createHash('sha256')
  for (const { path, source } of [...sources, ...dataFiles].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    // Lengths keep one file's end from being another's beginning.
    hash
      .update(`${Buffer.byteLength(path)} ${Buffer.byteLength(source)}\n`)
      .update(path)
      .update(source)
  }
  return hash.digest('hex')
}

/** The files that are evaluated; tests are only checked and run by `test`. */
export function evaluatedSources(sources: readonly SourceFile[]): SourceFile[] {
  return sources.filter((file) => !file.path.endsWith('_test.rego'))
}

/**
 * Checks all files and compiles those that are evaluated.
 * @throws TocsinError `policy_invalid` with `DiagnosticDetails`, or what the tool chain throws
 */
export async function compilePolicy(toolchain: Toolchain, files: PolicyFiles): Promise<CompiledPolicy> {
  if (files.sources.length === 0) {
    throw invalid({ code: 'no_policy_files', message: 'The policy folder has no .rego file. Put policies into it.' })
  }
  const dataFiles = await readYaml(toolchain, files.dataFiles)
  const data = mergeData(dataFiles)
  const evaluated = evaluatedSources(files.sources)
  if (evaluated.length < files.sources.length) {
    await toolchain.check({ files: files.sources, data, allow: AUTHZ_BUILTINS })
  }
  const result = await toolchain.compile({
    files: evaluated,
    data,
    allow: AUTHZ_BUILTINS,
    hosted: [...HOSTED_BUILTINS],
    print: true,
  })
  const action = result.packages.find((one) => one.package === 'action')
  return {
    id: policyVersionId(files),
    sources: files.sources,
    dataFiles,
    wasm: result.wasm,
    meta: {
      entrypoints: result.entrypoints,
      requiredBuiltins: result.requiredBuiltins,
      generation: action && (action.definesInit || action.definesExit) ? 'exit' : 'commit',
      wasmSha256: result.wasm ? createHash('sha256').update(result.wasm).digest('hex') : '',
    },
    compilerHash: toolchainInfo().sha256,
  }
}

/**
 * The root of `data`: every file's document at its folder's path.
 * @throws TocsinError `policy_invalid` when a file is no JSON, or two say something about the same place
 */
export function mergeData(files: readonly DataFile[]): DataDocument {
  const root: DataDocument = {}
  for (const file of files) {
    const folders = file.path.split('/').slice(0, -1)
    let document = parseData(file)
    for (const folder of folders.reverse()) {
      const parent: DataDocument = {}
      setKey<unknown>(parent, folder, document)
      document = parent
    }
    if (!isDocument(document)) throw conflict(file)
    merge(root, document, file)
  }
  return root
}

function parseData(file: DataFile): unknown {
  try {
    return JSON.parse(file.json ?? file.source)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw invalid({ code: 'data_invalid', message: `The data file is not JSON: ${message}`, file: file.path })
  }
}

function merge(target: DataDocument, source: DataDocument, file: DataFile): void {
  for (const [key, value] of Object.entries(source)) {
    if (!Object.hasOwn(target, key)) {
      setKey<unknown>(target, key, value)
      continue
    }
    const present = target[key]
    if (!isDocument(present) || !isDocument(value)) throw conflict(file)
    merge(present, value, file)
  }
}

function isDocument(value: unknown): value is DataDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function conflict(file: DataFile): TocsinError {
  return invalid({
    code: 'data_conflict',
    message: 'The data file says something about a place that another one fills, or its root is no object.',
    file: file.path,
  })
}

function invalid(diagnostic: Diagnostic): TocsinError {
  const details: DiagnosticDetails = { diagnostics: [diagnostic] }
  return new TocsinError('policy_invalid', diagnostic.message, { details })
}

const YAML_READER: SourceFile = {
  path: 'yaml.rego',
  source: 'package yaml_reader\n\ndocument := yaml.unmarshal(input)\n',
}

/** YAML is read by OPA's own reader, so that it means what it means to `opa`. */
async function readYaml(toolchain: Toolchain, files: readonly DataFile[]): Promise<DataFile[]> {
  const read: DataFile[] = []
  for (const file of files) {
    read.push(file.path.endsWith('.json') ? file : { ...file, json: await yamlToJson(toolchain, file) })
  }
  return read
}

async function yamlToJson(toolchain: Toolchain, file: DataFile): Promise<string> {
  const outcome = await toolchain.eval({
    files: [YAML_READER],
    entrypoint: 'yaml_reader',
    input: new TextEncoder().encode(JSON.stringify(file.source)),
    nowNs: 0n,
    seed: '',
    timeoutMs: 5000,
    print: false,
  })
  const { document } = JSON.parse(outcome.result ?? '{}') as { document?: unknown } // the package above
  if (document === undefined) {
    throw invalid({ code: 'data_invalid', message: 'The data file is not YAML.', file: file.path })
  }
  return JSON.stringify(document)
}
