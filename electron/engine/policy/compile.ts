import { createHash } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import { type DataFile, dataText, LIVE_DATA, namingDataFiles, readDataFiles } from './data-files.ts'
import { HOSTED_BUILTINS } from './builtins/hosted.ts'
import type { DeclaredAction } from '../actions/own/declaration.ts'
import { isOwnActionFile } from '../actions/own/own-files.ts'
import { missingRules } from './missing-rules.ts'
import { toolchainInfo, type Toolchain } from './toolchain/toolchain.ts'
import type {
  DecidingRules,
  Diagnostic,
  DiagnosticDetails,
  EntrypointInfo,
  References,
  SourceFile,
} from './toolchain/types.ts'

/** What a workspace folder holds, by path: all that makes a policy version. */
export interface PolicyFiles {
  /** Policies, and what declares own actions: declarations and scripts below `actions/`. */
  sources: SourceFile[]
  dataFiles: DataFile[]
}

/** Which loop the action policy is written for: `run` with commits, or `init`, `run` and `exit`. */
export type Generation = 'commit' | 'exit'

export interface PolicyMeta {
  entrypoints: EntrypointInfo[]
  requiredBuiltins: string[]
  generation: Generation
  /** Whether all of package `action` is Rego v0. */
  isActionV0: boolean
  references: References
  /** Packages that have not the rule that they are asked for. */
  missingRules: Diagnostic[]
  decidingRules: DecidingRules[]
  ownActions: DeclaredAction[]
  /** Of the compiled policy; '' when no entrypoint is compiled. */
  wasmSha256: string
}

export interface CompiledPolicy extends PolicyFiles {
  /** SHA-256 of the files. */
  id: string
  wasm: Uint8Array<ArrayBuffer> | null
  meta: PolicyMeta
  /** `compilerHash` of what compiled it. */
  compilerHash: string
}

/** What decides how sources are compiled: the tool chain, and which built-ins it may leave to us. */
export function compilerHash(): string {
  return createHash('sha256')
    .update([toolchainInfo().sha256, ...HOSTED_BUILTINS].join('\n'))
    .digest('hex')
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

/** The policies among a version's sources, with their tests. */
export function policySources(sources: readonly SourceFile[]): SourceFile[] {
  return sources.filter((file) => !isOwnActionFile(file.path))
}

/** The files that are evaluated; tests are only checked and run by `test`. */
export function evaluatedSources(sources: readonly SourceFile[]): SourceFile[] {
  return policySources(sources).filter((file) => !file.path.endsWith('_test.rego'))
}

/** @throws TocsinError `policy_invalid` */
async function readOwnActions(sources: readonly SourceFile[]): Promise<DeclaredAction[]> {
  const files = sources.filter(({ path }) => isOwnActionFile(path))
  if (files.length === 0) return []
  const { readDeclarations } = await import('../actions/own/read-declarations.ts')
  return readDeclarations(files)
}

/**
 * Checks all files and compiles those that are evaluated.
 * @throws TocsinError `policy_invalid` with `DiagnosticDetails`, or what the tool chain throws
 */
export async function compilePolicy(toolchain: Toolchain, files: PolicyFiles): Promise<CompiledPolicy> {
  const policies = policySources(files.sources)
  if (policies.length === 0) {
    throw invalid({ code: 'no_policy_files', message: 'The policy folder has no .rego file. Put policies into it.' })
  }
  const ownActions = await readOwnActions(files.sources)
  const dataFiles = await readDataFiles(toolchain, files.dataFiles, LIVE_DATA)
  const data = dataText(dataFiles)
  const evaluated = evaluatedSources(policies)
  const allow = AUTHZ_BUILTINS
  if (evaluated.length < policies.length) {
    await namingDataFiles(dataFiles, toolchain.check({ files: policies, data, allow }))
  }
  const request = { files: evaluated, data, allow, hosted: [...HOSTED_BUILTINS], print: true }
  const result = await namingDataFiles(dataFiles, toolchain.compile(request))
  const action = result.packages.find((one) => one.package === 'action')
  const actionFiles = result.files.filter((file) => file.package === 'action')
  return {
    id: policyVersionId(files),
    sources: files.sources,
    dataFiles,
    wasm: result.wasm,
    meta: {
      entrypoints: result.entrypoints,
      requiredBuiltins: result.requiredBuiltins,
      references: result.references,
      missingRules: missingRules(result.files, evaluated),
      decidingRules: result.decidingRules,
      ownActions,
      generation: action && (action.definesInit || action.definesExit) ? 'exit' : 'commit',
      isActionV0: actionFiles.length > 0 && actionFiles.every(({ regoVersion }) => regoVersion === 'v0'),
      wasmSha256: result.wasm ? createHash('sha256').update(result.wasm).digest('hex') : '',
    },
    compilerHash: compilerHash(),
  }
}

function invalid(diagnostic: Diagnostic): TocsinError {
  const details: DiagnosticDetails = { diagnostics: [diagnostic] }
  return new TocsinError('policy_invalid', diagnostic.message, { details })
}
