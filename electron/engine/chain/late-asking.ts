import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { NewApproval } from './approval-store.ts'
import type { ChainDeps } from './chain-deps.ts'
import type { RecordedDecision } from './chain-reads.ts'
import type { NewAction } from './chain-store.ts'
import { historyBefore, type History } from './history.ts'
import { inputBytes, runInput } from './policy-input.ts'
import { ruleElements } from '../policy-result.ts'
import { argsObject, readProposals, type Proposal } from './proposals.ts'
import { asking } from './proposer.ts'
import type { ActionRecord, ChainRecord } from './records.ts'
import { ruleMembers } from './round-evaluation.ts'
import { recordedEnv } from './world.ts'
import { subjectOf } from './subject.ts'

/**
 * Makes the approval of an action that was proposed under a response mode that did not ask for one: the mode is checked
 * again before the intent (`design.md` §5).
 */
export async function askLate(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
): Promise<{ approval: NewApproval; plan: NewAction['plan']; asked: NewAction['asked'] } | { failure: Failure }> {
  const round = deps.chains.round(chain.id, action.roundNo)
  const decision = round?.decisionId ? deps.chains.decision(round.decisionId) : null
  if (!round || !decision) throw new Error(`Action ${action.id} was proposed by no decision`)
  const alert = deps.alerts.forPolicy(chain.subjectId)
  const history = historyBefore(deps, chain.id, action.roundNo)
  const { called, declined } = history
  const env = recordedEnv(decision.inputParts)
  const { generation } = chain
  const parts = { alert, attrs: round.attrsBefore, env, seq: action.roundNo, called, declined, generation }
  const run = { input: inputBytes(runInput(parts)), inputSha256: decision.inputSha256 }
  const context = { chain, mode: deps.mode(), roundNo: action.roundNo, attrs: round.attrsBefore, run, reusable: [] }
  try {
    const subject = subjectOf(deps, chain, round.attrsBefore)
    const plan = await deps.actions.plan(action.uses, argsObject(action.args), subject)
    const proposal = proposalOf(decision, history, action, generation)
    const stamp = { nowNs: decision.nowNs, seed: decision.seed }
    return { plan, ...(await asking(deps, { ...context, ...stamp }, proposal, action.id, plan)) }
  } catch (error) {
    return { failure: { code: errorCode(error), message: errorMessage(error) } }
  }
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
