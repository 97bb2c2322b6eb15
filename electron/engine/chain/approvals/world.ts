import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionPlan } from '../../actions/action-port.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import type { World } from '../rounds/binding.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { RecordedDecision } from '../records/chain-reads.ts'
import { planAct } from '../rounds/act-plan.ts'
import { newDecision } from '../rounds/decision-row.ts'
import { historyBefore, withPersistent } from '../rounds/history.ts'
import { inputRecord, type InputParts } from '../rounds/policy-input.ts'
import { persistentVersions } from '../rounds/proposer.ts'
import type { ActionRecord, ApprovalRecord, ChainRecord, CommitSpec } from '../records/records.ts'
import { recordedAttrs, recordedEnv, recordedRound } from '../rounds/recorded-round.ts'
import { entrypointOfChain, evaluateRound, type RoundEvaluation } from '../rounds/round-evaluation.ts'
import { subjectOf } from '../rounds/subject.ts'

/**
 * The state of the world that an approval relied on when it was asked, and the one that there is now (`design.md` §5,
 * *stale*): the round evaluated under the live version with present persistent attributes and the recorded time and random
 * values, the plan made again, the versions of the records that the commits would replace.
 * @param args the arguments that would run: the policy's, or the analyst's edit
 */
export async function worldNow(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
  approval: ApprovalRecord,
  args: JsonObject,
): Promise<{ before: World; now: World; plan: ActionPlan | null }> {
  const before: World = {
    proposal: { uses: action.uses, args: action.args, commit: action.commits },
    plan: approval.plan.bound,
    versions: boundPart(approval, 'versions') as unknown as World['versions'], // written by `proposer.ts` in this shape
  }
  const [proposal, planned] = await Promise.all([
    presentProposal(deps, chain, action, before),
    plannedNow(deps, chain, action, args),
  ])
  return {
    before,
    now: { proposal, plan: planned.bound, versions: persistentVersions(deps, chain, action) },
    plan: planned.plan,
  }
}

/** A part of what an approval is bound to. @throws Error when it is not there: nothing can be compared with it */
export function boundPart({ id, bound }: ApprovalRecord, part: 'plan' | 'versions'): JsonValue {
  const value = bound[part]
  if (value === undefined) throw new Error(`Approval ${id} is bound to no ${part}`)
  return value
}

async function plannedNow(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
  args: JsonObject,
): Promise<{ plan: ActionPlan | null; bound: JsonValue }> {
  try {
    const plan = await planAct(deps, chain, { ...action, args }, subjectOf(deps, chain))
    return { plan, bound: plan.bound }
  } catch (error) {
    return { plan: null, bound: { error: errorCode(error), message: errorMessage(error) } }
  }
}

async function presentProposal(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
  before: World,
): Promise<World['proposal']> {
  // The analyst asked for an undo, no policy did.
  if (chain.trigger === 'undo') return before.proposal
  const live = deps.policy.live()
  if (!live) return 'cannot be asked: no policy is live'
  const { round, decision } = recordedRound(deps, action)
  const attrs = withPersistent(deps, chain, round.attrsBefore, { isOwnLeftOut: true })
  const isUnchanged = live.id === chain.policyVersionId && JSON.stringify(attrs) === JSON.stringify(round.attrsBefore)
  if (isUnchanged) return before.proposal
  const history = historyBefore(deps, chain.id, action.roundNo)
  const beforeInit = recordedAttrs(decision.inputParts)
  const parts = {
    subject: deps.alerts.forPolicy(chain, live),
    attrs: withPersistent(deps, chain, beforeInit, { isOwnLeftOut: true }),
    env: recordedEnv(decision.inputParts),
    seq: action.roundNo,
    called: history.called,
    declined: history.declined,
    generation: live.generation,
  }
  const evaluated = await evaluateRound(deps.policy, {
    versionId: live.id,
    entrypoint: entrypointOfChain(chain),
    parts,
    settled: history.settled,
    nowNs: decision.nowNs,
    seed: decision.seed,
    subjectId: chain.subjectId,
  })
  await recordLook(deps, { chain, action, policyVersionId: live.id, parts, decision }, evaluated)
  const candidates = evaluated.proposals.map(({ uses, args, commits, id, hasOwnId }) => ({
    uses,
    args,
    commit: commits,
    id,
    hasOwnId,
  }))
  const same = candidates.find((candidate) => isSame(candidate, before))
  const other = candidates.find(
    (candidate) => action.hasOwnId && candidate.hasOwnId && candidate.id === action.policyId,
  )
  const found = same ?? other
  return found ? { uses: found.uses, args: found.args, commit: found.commit } : null
}

interface Look {
  chain: ChainRecord
  action: ActionRecord
  policyVersionId: string
  parts: InputParts
  decision: RecordedDecision
}

/** What was looked at is on record before anything follows from it. */
async function recordLook(deps: ChainDeps, look: Look, { evaluations }: RoundEvaluation): Promise<void> {
  const { chain, action, policyVersionId, parts, decision } = look
  const place = {
    chainId: chain.id,
    roundNo: action.roundNo,
    actionId: action.id,
    eventId: null,
    policyVersionId,
    purpose: 'staleness',
    isTaken: true,
    mode: deps.mode(),
  } as const
  await deps.writer.commit('chain-look', (tx) => {
    for (const recorded of evaluations)
      deps.decisions.insert(tx, newDecision(place, recorded, decision, inputRecord(parts)))
  })
}

function isSame(candidate: { uses: string; args: JsonValue; commit: CommitSpec[] }, before: World): boolean {
  if (before.proposal === null || typeof before.proposal === 'string') return false
  const { uses, args, commit } = candidate
  return canonicalHash({ uses, args, commit }) === canonicalHash(before.proposal)
}
