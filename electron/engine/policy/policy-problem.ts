import { errorMessage } from '../../../shared/errors.ts'
import { SYSTEM } from '../chain/chain-deps.ts'
import { missingReferences, type PolicyNeeds } from './missing-references.ts'
import type { Log } from '../ports/ports.ts'
import type { Environment } from '../secrets/env.ts'
import type { Diagnostic } from './toolchain/types.ts'
import type { Store } from '../store/store.ts'

/** The one row of each says why the policy folder is not live, and what the live policies ask for in vain. */
export type PolicyProblemCode = 'policy_compile' | 'policy_references'

/**
 * Keeps the one row of *Problems* of a kind (`design.md` §4): made when there is a cause, replaced when the cause changes,
 * resolved when there is none.
 * @param diagnostics the cause, each with its place; null when there is none
 * @returns whether it is another than before
 */
export async function keepPolicyProblem(
  { problems, writer }: Pick<Store, 'problems' | 'writer'>,
  code: PolicyProblemCode,
  diagnostics: readonly Diagnostic[] | null,
): Promise<boolean> {
  const open = problems.openPolicy(code)
  const details = diagnostics === null ? null : { diagnostics: diagnostics.map((diagnostic) => ({ ...diagnostic })) }
  if (JSON.stringify(open?.details ?? null) === JSON.stringify(details)) return false
  await writer.commit('problem', (tx) => {
    if (open !== null) problems.resolve(tx, open.id, details === null ? 'processed' : 'replaced', SYSTEM)
    if (details === null) return
    const message = details.diagnostics[0]?.message ?? ''
    problems.add(tx, { code, schema: '', eventId: null, chainId: null, message, details })
  })
  return true
}

/** Says in the log and under *Problems* what the live policies ask for in vain, each with its place. Never rejects. */
export async function keepMissingReferences(
  store: Pick<Store, 'problems' | 'writer'>,
  policy: { needs(): PolicyNeeds | null },
  environment: Pick<Environment, 'forPolicies'>,
  log: Log,
): Promise<boolean> {
  try {
    const { env } = await environment.forPolicies()
    const needs = policy.needs()
    const missing = needs === null ? [] : missingReferences(needs, (name) => Object.hasOwn(env, name))
    const isNew = await keepPolicyProblem(store, 'policy_references', missing.length === 0 ? null : missing)
    if (isNew) for (const { message, ...place } of missing) log.warn(message, { ...place })
    return isNew
  } catch (error) {
    log.error('What the policies ask for was not looked at', { reason: errorMessage(error) })
    return false
  }
}
