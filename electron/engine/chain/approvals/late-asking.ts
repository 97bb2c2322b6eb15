import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Asked, Failure } from '../../../../shared/model/views.ts'
import type { NewApproval } from '../records/approval-store.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { RecordedDecision } from '../records/chain-reads.ts'
import type { NewAction } from '../records/chain-store.ts'
import { historyBefore, type History } from '../rounds/history.ts'
import { inputBytes, runInput } from '../rounds/policy-input.ts'
import { ruleElements } from '../../policy/policy-result.ts'
import { planAct } from '../rounds/act-plan.ts'
import { argsObject, readProposals, type Proposal } from '../rounds/proposals.ts'
import { asking, EXPLAIN_BUDGET_MS, explained, type ProposerContext } from '../rounds/proposer.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import { ruleMembers } from '../rounds/round-evaluation.ts'
import { recordedEnv, recordedRound } from '../rounds/recorded-round.ts'
import { subjectOf } from '../rounds/subject.ts'

/**
 * Makes the approval of an action that was proposed under a response mode that did not ask for one: the mode is checked
 * again before the intent (`design.md` §5). So are the caps.
 * @param beyondCap which one it would go beyond; '' where the mode asks
 */
export async function askLate(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
  beyondCap: string,
): Promise<{ approval: NewApproval; plan: NewAction['plan']; asked: NewAction['asked'] } | { failure: Failure }> {
  try {
    const { context, proposal } = await recordedContext(deps, chain, action)
    const subject = subjectOf(deps, chain, context.attrs)
    const plan = await planAct(deps, chain, { ...action, args: argsObject(action.args) }, subject)
    return { plan, ...(await asking(deps, context, proposal(), { actionId: action.id, plan, beyondCap })) }
  } catch (error) {
    return { failure: { code: errorCode(error), message: errorMessage(error) } }
  }
}

/**
 * Which rule asked for an action, when its round had no time left to find out or it could not be told then.
 * @returns null where no rule can be told
 * @throws TocsinError `body_deleted`, `result_deleted`
 */
export async function explainLate(deps: ChainDeps, action: ActionRecord): Promise<Asked | null> {
  const { context, proposal } = await recordedContext(deps, deps.chains.chain(action.chainId), action)
  return explained(deps, context, proposal())
}

/** The evaluation that proposed an action, as it was recorded. @throws TocsinError `body_deleted`, `result_deleted` */
async function recordedContext(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
): Promise<{ context: ProposerContext; proposal: () => Proposal }> {
  const { round, decision } = recordedRound(deps, action)
  const policy = await deps.policy.version(chain.policyVersionId)
  const subject = deps.alerts.forPolicy(chain, policy)
  const history = historyBefore(deps, chain.id, action.roundNo)
  const { called, declined } = history
  const env = recordedEnv(decision.inputParts)
  const { generation } = chain
  const parts = { subject, attrs: round.attrsBefore, env, seq: action.roundNo, called, declined, generation }
  const context: ProposerContext = {
    chain,
    mode: deps.mode(),
    roundNo: action.roundNo,
    attrs: round.attrsBefore,
    run: { input: inputBytes(runInput(parts)), inputSha256: decision.inputSha256 },
    reusable: [],
    explainUntil: deps.clock.now() + EXPLAIN_BUDGET_MS,
    nowNs: decision.nowNs,
    seed: decision.seed,
  }
  return { context, proposal: () => proposalOf(decision, history, action, generation) }
}

/** What the policy said of this action, read anew from the recorded output. */
function proposalOf(
  decision: RecordedDecision,
  { settled }: History,
  action: ActionRecord,
  generation: ChainRecord['generation'],
): Proposal {
  const elements = ruleElements(decision.output, 'run')
  const newId = (): string => action.policyId
  const proposals = readProposals(elements, ruleMembers(decision.output, 'run'), { settled, generation, newId })
  const found = proposals.find(
    ({ id, hasOwnId, uses, argsHash }) =>
      id === action.policyId && hasOwnId === action.hasOwnId && uses === action.uses && argsHash === action.argsHash,
  )
  if (!found) throw new Error(`Action ${action.id} is not in the decision that proposed it`)
  return found
}
