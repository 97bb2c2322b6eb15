import { createHash } from 'node:crypto'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { Log } from '../ports/ports.ts'
import type { NewPolicyVersion } from '../store/policy-store.ts'
import { AUTHZ_BUILTINS, evaluatedSources, type CompiledPolicy, type PolicyMeta } from './compile.ts'
import { dataText } from './data-files.ts'
import type { PoolVersion } from './policy-pool.ts'
import { loadToolchainModule } from './toolchain/module.ts'
import type { EntrypointInfo } from './toolchain/types.ts'
import { missingBuiltins } from './wasm-evaluator.ts'

/** The stored form of a compiled version, without its origin. */
export type StoredForm = Omit<NewPolicyVersion, 'origin' | 'testSummary'>

/** What a version is stored as. */
export function toStored(policy: CompiledPolicy): StoredForm {
  const { id, sources, dataFiles, wasm, meta, compilerHash } = policy
  return {
    id,
    sources,
    dataFiles,
    compiled: wasm,
    compiledMeta: JSON.parse(JSON.stringify(meta)) as JsonObject,
    compilerHash,
  }
}

/** What the rest of the engine may know of a stored version without loading it. */
export function metaOf(stored: StoredForm): PolicyMeta {
  return stored.compiledMeta as unknown as PolicyMeta // written by toStored
}

/**
 * Makes a stored version ready for the pool. Needs no tool chain unless an entrypoint runs in the full evaluator; when
 * that cannot be loaded only those entrypoints fail.
 * @throws TocsinError `policy_corrupt` (the stored compiled form is missing or damaged), `policy_builtin_missing`
 */
export async function toPoolVersion(stored: StoredForm, log: Log): Promise<PoolVersion> {
  const meta = metaOf(stored)
  const missing = missingBuiltins(meta.requiredBuiltins)
  if (missing.length > 0) {
    throw new TocsinError(
      'policy_builtin_missing',
      `The stored policy asks for built-ins that this version of Tocsin does not host: ${missing.join(', ')}. Save the policy again.`,
    )
  }
  const data = dataText(stored.dataFiles)
  const loadFull: PoolVersion['loadFull'] = async () => ({
    toolchain: await loadToolchainModule(),
    sources: { files: evaluatedSources(stored.sources), data, allow: AUTHZ_BUILTINS },
  })
  return {
    id: stored.id,
    form: null,
    entrypoints: evaluatorsOf(meta),
    waits: meta.entrypoints.filter(usesHttpSend).map(({ path }) => path),
    module: await compiledModule(stored, meta),
    data,
    full: meta.entrypoints.some(({ evaluator }) => evaluator === 'full') ? await loadFullOrLog(loadFull, log) : null,
    loadFull,
  }
}

function evaluatorsOf({ entrypoints, decidingRules }: PolicyMeta): PoolVersion['entrypoints'] {
  const evaluators = Object.fromEntries(entrypoints.map(({ path, evaluator }) => [path, evaluator]))
  for (const { entrypoint, byRule } of decidingRules) {
    const evaluator = evaluators[entrypoint]
    if (byRule !== '' && evaluator !== undefined) evaluators[byRule] = evaluator
  }
  return evaluators
}

function usesHttpSend(entrypoint: EntrypointInfo): boolean {
  return entrypoint.reasons.some((reason) => reason.startsWith('http.send'))
}

async function compiledModule(stored: StoredForm, meta: PolicyMeta): Promise<WebAssembly.Module | null> {
  if (!meta.entrypoints.some(({ evaluator }) => evaluator === 'wasm')) return null
  const bytes = stored.compiled
  const corrupt = (what: string): TocsinError =>
    new TocsinError(
      'policy_corrupt',
      `The compiled form of policy ${stored.id.slice(0, 12)} is ${what}. Save the policy again so that it is compiled anew.`,
    )
  if (!bytes) throw corrupt('missing')
  if (createHash('sha256').update(bytes).digest('hex') !== meta.wasmSha256) throw corrupt('damaged')
  try {
    return await WebAssembly.compile(new Uint8Array(bytes))
  } catch (error) {
    throw corrupt(`not WebAssembly (${errorMessage(error)})`)
  }
}

/** Without it only the entrypoints that need it fail, each with an error of its own. */
async function loadFullOrLog(loadFull: PoolVersion['loadFull'], log: Log): Promise<PoolVersion['full']> {
  try {
    return await loadFull()
  } catch (error) {
    log.error('The policy tool chain cannot be loaded', { cause: errorMessage(error) })
    return null
  }
}
