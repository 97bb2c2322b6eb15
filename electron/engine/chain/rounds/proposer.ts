import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Asked, Failure } from '../../../../shared/model/views.ts'
import type { ActionFacts, ActionPlan } from '../../actions/action-port.ts'
import { assertUnprotected, isContaining, planAct } from './act-plan.ts'
import { derivedId } from '../../forms/derived-id.ts'
import { boundHash, boundRecord, type Bound } from './binding.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { NewAction } from '../records/chain-store.ts'
import type { NewApproval } from '../records/approval-store.ts'
import { checkCommits } from './commit-path.ts'
import { resultOf } from './history.ts'
import { argsObject, effectiveEffect, mustWait, type Proposal } from './proposals.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import { resolveCommits } from './commit-path.ts'
import type { Counted, RoundLimits } from './round-limits.ts'
import { entrypointOfChain, type RecordedEvaluation } from './round-evaluation.ts'
import { subjectOf } from './subject.ts'

/**
 * For all explanations of a round: it is committed after them, however many actions wait. As long as one evaluation may take,
 * which also covers the start of the tool chain.
 */
export const EXPLAIN_BUDGET_MS = 5000

const NOT_COUNTED: Counted = { targets: [], rules: [] }

/** A proposal with all that its row needs, gathered before the round's transaction. */
export interface PreparedAction {
  action: NewAction
  approval: NewApproval | null
}

export interface ProposerContext {
  chain: ChainRecord
  /** The response mode that decides the whole round. */
  mode: ResponseMode
  roundNo: number
  /** The attributes that the round began with. */
  attrs: readonly Attribute[]
  run: Pick<RecordedEvaluation, 'input' | 'inputSha256'> | undefined
  nowNs: string
  seed: string
  /** Epoch ms: what cannot be explained before is explained when somebody asks. */
  explainUntil: number
  /** Succeeded actions of the chain that is re-run whose results stand in; one that is taken over is taken out. */
  reusable: ActionRecord[]
}

/**
 * Decides for one proposal where it starts: it waits, is skipped (dry-run), reuses an earlier result, or is proposed.
 * What it would do is planned here, and what goes beyond a cap waits; a plan that cannot be made fails the action when its turn comes, without asking.
 */
export async function prepareAction(
  deps: ChainDeps,
  context: ProposerContext,
  proposal: Proposal,
  position: number,
  limits: RoundLimits,
): Promise<PreparedAction> {
  const id = derivedId('row', context.chain.id, context.roundNo, position)
  const action = plainAction(context, proposal, position, id)
  const reused = takeReusable(context, proposal)
  if (reused) return { action: reuse(deps, context, action, reused), approval: null }
  if (proposal.isAbort) return { action, approval: null }
  const checked = check(deps, context.chain, proposal)
  if ('failure' in checked) return { action: { ...action, error: checked.failure }, approval: null }
  if (checked.facts === null) return { action, approval: null }
  const effect = effectiveEffect(checked.facts.effect, proposal.raisedEffect)
  const { title, target, targetKey, isIrreversible, targets } = checked.facts
  const isCounted = isContaining(context.chain, effect, checked.facts)
  const counted = isCounted ? await limits.counted(targets, proposal) : NOT_COUNTED
  const described = { ...action, effect, title, target, targetKey, isIrreversible, ...counted }
  const { mode } = context
  const isAsked = mode === 'dry-run' || checked.facts.mustAsk !== null || mustWait(mode, described, proposal.approval)
  const beyondCap = isAsked ? '' : limits.take(counted)
  if (!isAsked && beyondCap === '') return { action: described, approval: null }
  const plan = await planned(deps, context, proposal)
  if ('failure' in plan) return { action: { ...described, error: plan.failure }, approval: null }
  if (mode === 'dry-run') return { action: { ...described, plan: plan.plan, state: 'skipped' }, approval: null }
  const { approval, asked } = await asking(deps, context, proposal, { actionId: action.id, plan: plan.plan, beyondCap })
  return { action: { ...described, plan: plan.plan, needsApproval: true, state: 'waiting', asked }, approval }
}

function plainAction(context: ProposerContext, proposal: Proposal, position: number, id: string): NewAction {
  return {
    id,
    chainId: context.chain.id,
    roundNo: context.roundNo,
    position,
    policyId: proposal.id,
    hasOwnId: proposal.hasOwnId,
    name: proposal.name,
    uses: proposal.uses,
    args: proposal.args,
    argsHash: proposal.argsHash,
    isForced: proposal.isForced,
    isAbort: proposal.isAbort,
    isEndAsked: proposal.approval.isEndAsked,
    commits: proposal.commits,
    effect: null,
    title: plainTitle(proposal),
    target: '',
    targetKey: '',
    ...NOT_COUNTED,
    isIrreversible: false,
    needsApproval: false,
    asked: null,
    plan: null,
    state: 'proposed',
    resolvedCommits: [],
    reusedFrom: null,
    error: null,
  }
}

/** What can be said of an action that no effect describes: it ends the chain, only commits, or is none that is known. */
function plainTitle({ isAbort, uses }: Proposal): string {
  if (isAbort) return 'End the chain'
  return uses || 'Commit attributes'
}

function takeReusable({ reusable }: ProposerContext, proposal: Proposal): ActionRecord | undefined {
  if (proposal.uses === '' || proposal.isAbort) return undefined
  const place = reusable.findIndex(
    (old) =>
      old.uses === proposal.uses &&
      old.argsHash === proposal.argsHash &&
      old.hasOwnId === proposal.hasOwnId &&
      (!old.hasOwnId || old.policyId === proposal.id),
  )
  return place === -1 ? undefined : reusable.splice(place, 1)[0]
}

/** `exit` has seen the old action; its word is taken over as it was recorded. */
function reuse(deps: ChainDeps, { chain }: ProposerContext, action: NewAction, old: ActionRecord): NewAction {
  const isExit = chain.generation === 'exit'
  return {
    ...action,
    effect: old.effect,
    title: old.title,
    target: old.target,
    targetKey: old.targetKey,
    isIrreversible: old.isIrreversible,
    state: 'succeeded',
    reusedFrom: old.reusedFrom ?? old.id,
    resolvedCommits: isExit ? old.resolvedCommits : resolveCommits(action.commits, resultOf(deps, old)),
  }
}

/** What can be said before anything runs: the action exists and may, its arguments and commits are right. Without `uses` no facts. */
function check(
  deps: ChainDeps,
  chain: ChainRecord,
  proposal: Proposal,
): { facts: ActionFacts | null } | { failure: Failure } {
  try {
    checkCommits(proposal.commits)
    if (proposal.uses === '') return { facts: null }
    const facts = deps.actions.describe(proposal.uses, proposal.args, chain.policyVersionId)
    if (facts) {
      assertUnprotected(deps, chain, actOf(proposal), null)
      return { facts }
    }
    return {
      failure: {
        code: 'action_not_found',
        message: `No action is called ${JSON.stringify(proposal.uses)}: docs/ACTIONS.md lists them`,
      },
    }
  } catch (error) {
    return { failure: { code: errorCode(error), message: errorMessage(error) } }
  }
}

function actOf({ uses, args, raisedEffect }: Proposal) {
  return { uses, args: argsObject(args), effect: raisedEffect }
}

async function planned(
  deps: ChainDeps,
  context: ProposerContext,
  proposal: Proposal,
): Promise<{ plan: ActionPlan } | { failure: Failure }> {
  try {
    const subject = subjectOf(deps, context.chain, context.attrs)
    return { plan: await planAct(deps, context.chain, actOf(proposal), subject) }
  } catch (error) {
    return { failure: { code: errorCode(error), message: errorMessage(error) } }
  }
}

/** What the approval of an action that waits is bound to, and the rule that asked. */
export async function asking(
  deps: ChainDeps,
  context: ProposerContext,
  proposal: Proposal,
  { actionId, plan, beyondCap }: { actionId: string; plan: ActionPlan; beyondCap: string },
): Promise<{ approval: NewApproval; asked: Asked | null }> {
  const bound: Bound = {
    uses: proposal.uses,
    args: proposal.args,
    commit: proposal.commits,
    plan: plan.bound,
    roundInput: context.run?.inputSha256 ?? '',
    policyVersion: context.chain.policyVersionId,
  }
  const versions = persistentVersions(deps, context.chain, proposal)
  const approval: NewApproval = {
    id: deps.ids.uuid(),
    actionId,
    boundHash: boundHash(bound),
    bound: { ...boundRecord(bound), versions: versions.map((entry) => ({ ...entry })) },
    plan,
    isEditable: proposal.approval.isEditable,
    reason: proposal.approval.reason,
    beyondCap,
    expiresAt: deps.clock.now() + (proposal.approval.expiresInMs ?? deps.expiryMs()),
  }
  return { approval, asked: await explained(deps, context, proposal) }
}

/** Versions of the persistent records that a proposal's commits would replace or end. */
export function persistentVersions(
  deps: ChainDeps,
  chain: ChainRecord,
  proposal: Pick<Proposal, 'commits'>,
): { id: string; version: number }[] {
  if (chain.namespace === '') return []
  const ids = new Set(proposal.commits.map((commit) => commit.id).filter((id) => id !== ''))
  return [...ids].map((id) => ({ id, version: deps.attributes.version(chain.namespace, id) }))
}

/** The rule that asked, for the card; null when time is up. Without it the card still shows everything else. */
export async function explained(deps: ChainDeps, context: ProposerContext, proposal: Proposal): Promise<Asked | null> {
  const leftMs = context.explainUntil - deps.clock.now()
  if (!context.run || leftMs <= 0) return null
  const request = {
    versionId: context.chain.policyVersionId,
    entrypoint: entrypointOfChain(context.chain),
    input: context.run.input.slice(),
    nowNs: context.nowNs,
    seed: context.seed,
    deadlineMs: leftMs,
  }
  const { promise: timeIsUp, resolve } = Promise.withResolvers<null>()
  const cancel = deps.clock.after(leftMs, () => resolve(null))
  try {
    return await Promise.race([deps.policy.explain(request, 'run', proposal.member), timeIsUp])
  } catch (error) {
    deps.log.warn('Could not explain a proposal', { code: errorCode(error), message: errorMessage(error) })
    return null
  } finally {
    cancel()
  }
}
