import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Effect } from '../../../../shared/model/states.ts'
import type { ActionFacts, ActionPlan, ActionSubject } from '../../actions/action-port.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { ChainRecord } from '../records/records.ts'

type Deps = Pick<ChainDeps, 'actions' | 'limits'>

/** Whether an action contains something that was not contained before: not by an undo, and not as a way back. */
export function isContaining(
  { trigger }: Pick<ChainRecord, 'trigger'>,
  effect: Effect | null,
  facts: Pick<ActionFacts, 'isWayBack'> | null,
): boolean {
  return effect === 'contain' && trigger !== 'undo' && facts?.isWayBack !== true
}

/**
 * What an action would do, where it may.
 * @param act `effect` as the action's row has it, or what a policy raises it to; null where that is what it declares
 * @throws TocsinError `target_protected`, and what making a plan throws
 */
export async function planAct(
  deps: Deps,
  chain: Pick<ChainRecord, 'trigger' | 'policyVersionId'>,
  act: { uses: string; args: JsonObject; effect: Effect | null },
  subject: ActionSubject,
): Promise<ActionPlan> {
  assertUnprotected(deps, chain, act, null)
  const plan = await deps.actions.plan(act.uses, act.args, subject)
  assertUnprotected(deps, chain, act, plan)
  return plan
}

/**
 * Looks whether what an action would contain is protected: by its arguments, and by what its plan has read of the target.
 * @param plan null where there is none yet
 * @throws TocsinError `target_protected`, which names the rule; `invalid_args`
 */
export function assertUnprotected(
  { actions, limits }: Deps,
  chain: Pick<ChainRecord, 'trigger' | 'policyVersionId'>,
  { uses, args, effect }: { uses: string; args: JsonObject; effect: Effect | null },
  plan: Pick<ActionPlan, 'names'> | null,
): void {
  const facts = actions.describe(uses, args, chain.policyVersionId)
  const isBound = isContaining(chain, facts?.effect === 'contain' ? 'contain' : effect, facts)
  const barred = isBound ? limits?.barred({ given: facts?.names ?? [], read: plan?.names ?? [] }) : null
  if (!barred) return
  const { name, by } = barred
  const what = name === by.value ? `“${name}” is protected` : `“${name}” is protected by ${by.value}`
  throw new TocsinError(
    'target_protected',
    `${what} (${by.why}): no policy and no edit contains it. Settings, Response, lists what is protected`,
  )
}
