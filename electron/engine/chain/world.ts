import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ActionPlan } from '../actions/action-port.ts'
import { canonicalHash } from '../canonical.ts'
import type { World } from './binding.ts'
import type { ChainDeps } from './chain-deps.ts'
import { historyBefore, withPersistent } from './history.ts'
import { persistentVersions } from './proposer.ts'
import type { ActionRecord, ApprovalRecord, ChainRecord, CommitSpec } from './records.ts'
import { evaluateRound } from './round-evaluation.ts'
import { subjectOf } from './subject.ts'

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
    versions: (approval.bound['versions'] ?? []) as unknown as World['versions'], // written by `proposer.ts` in this shape
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

async function plannedNow(
  deps: ChainDeps,
  chain: ChainRecord,
  action: ActionRecord,
  args: JsonObject,
): Promise<{ plan: ActionPlan | null; bound: JsonValue }> {
  try {
    const plan = await deps.actions.plan(action.uses, args, subjectOf(deps, chain))
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
  const live = deps.policy.live()
  // The analyst asked for an undo, no policy did.
  if (chain.trigger === 'undo' || !live) return before.proposal
  const round = deps.chains.round(chain.id, action.roundNo)
  const decision = round?.decisionId ? deps.chains.decision(round.decisionId) : null
  if (!round || !decision) return before.proposal
  const attrs = withPersistent(deps, chain, round.attrsBefore, { isOwnLeftOut: true })
  const isUnchanged = live.id === chain.policyVersionId && JSON.stringify(attrs) === JSON.stringify(round.attrsBefore)
  if (isUnchanged) return before.proposal
  const history = historyBefore(deps, chain.id, action.roundNo)
  const beforeInit = recordedAttrs(decision.inputParts)
  const evaluated = await evaluateRound(deps.policy, {
    versionId: live.id,
    parts: {
      alert: deps.alerts.forPolicy(chain.subjectId),
      attrs: withPersistent(deps, chain, beforeInit, { isOwnLeftOut: true }),
      env: recordedEnv(decision.inputParts),
      seq: action.roundNo,
      called: history.called,
      declined: history.declined,
      generation: live.generation,
    },
    settled: history.settled,
    nowNs: decision.nowNs,
    seed: decision.seed,
    newId: sameIds(deps, beforeInit, round.attrsBefore),
  })
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

function isSame(candidate: { uses: string; args: JsonValue; commit: CommitSpec[] }, before: World): boolean {
  if (before.proposal === null) return false
  const { uses, args, commit } = candidate
  return canonicalHash({ uses, args, commit }) === canonicalHash(before.proposal)
}

/** `init` gave its attributes new ids; evaluated again, they are the same attributes and keep them. */
function sameIds(deps: ChainDeps, before: readonly Attribute[], after: readonly Attribute[]): () => string {
  const known = new Set(before.map(({ id }) => id))
  const given = after.map(({ id }) => id).filter((id) => !known.has(id))
  return () => given.shift() ?? deps.ids.uuid()
}

/** The attributes that a decision's round began with, before `init`. */
function recordedAttrs(inputParts: JsonValue): Attribute[] {
  if (typeof inputParts !== 'object' || inputParts === null || Array.isArray(inputParts)) return []
  return (inputParts['attrs'] ?? []) as unknown as Attribute[] // written by `round-commit.ts` in this shape
}

/** `input.env` as a decision recorded it. */
export function recordedEnv(inputParts: JsonValue): Record<string, string> {
  if (typeof inputParts !== 'object' || inputParts === null || Array.isArray(inputParts)) return {}
  return (inputParts['env'] ?? {}) as Record<string, string> // written by `round-commit.ts` in this shape
}
