import type { NamedAct } from '../../../../shared/model/act-title.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { tidy } from '../../policy/attributes.ts'
import { derivedIds } from '../../forms/derived-id.ts'
import { resultDeleted } from '../../store/deleted.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { wasDeclined, wasExecuted } from './machine.ts'
import type { Called, Declined } from './policy-input.ts'
import { callKey, type Settled } from './proposals.ts'
import type { ActionRecord, ChainRecord, CommitSpec } from '../records/records.ts'

/** Where what was done about actions is recorded. */
export interface RecordedActs {
  approvals: Pick<ChainDeps['approvals'], 'ofAction' | 'latestAttempt'>
}

/** What has happened in a chain before a round, as its evaluation sees it. */
export interface History {
  called: Called[]
  declined: Declined[]
  settled: Settled
}

/**
 * The history of a chain up to (not including) a round; `called` in the order in which actions settled.
 * @throws TocsinError `result_deleted`
 */
export function historyBefore(deps: ChainDeps, chainId: string, roundNo: number): History {
  const actions = roundNo === 0 ? [] : deps.chains.actionsBefore(chainId, roundNo)
  const called = calledOf(deps, actions)
  const declined = actions
    .filter(wasDeclined)
    .map((action) => ({ action, status: action.state, reason: deps.approvals.ofAction(action.id)?.why ?? '' }))
  return {
    called,
    declined,
    settled: settledOf(actions),
  }
}

/** What these actions keep from being proposed again. */
export function settledOf(actions: readonly ActionRecord[]): Settled {
  return {
    ids: new Set(
      actions.filter((action) => wasExecuted(action) || wasDeclined(action)).map((action) => action.policyId),
    ),
    declinedCalls: new Set(actions.filter(wasDeclined).map(({ uses, argsHash }) => callKey(uses, argsHash))),
  }
}

/** Executed actions with their results, in the order in which they settled. @throws TocsinError `result_deleted` */
export function calledOf(deps: ChainDeps, actions: readonly ActionRecord[]): Called[] {
  return actions
    .filter(wasExecuted)
    .toSorted((a, b) => (a.settledOrder ?? 0) - (b.settledOrder ?? 0))
    .map((action) => ({ action: asExecuted(deps, action), status: action.state, result: resultOf(deps, action) }))
}

/** The action with the arguments that ran: the analyst may have changed those that the policy proposed. */
export function asExecuted(deps: RecordedActs, action: ActionRecord): ActionRecord {
  if (!action.needsApproval && action.reusedFrom === null) return action
  const approval = deps.approvals.ofAction(action.reusedFrom ?? action.id)
  return approval?.editedArgs ? { ...action, args: approval.editedArgs } : action
}

/** How an action is called: a name that the policy gave to other arguments than those that run says nothing of them. */
export function namedAct(deps: Pick<ChainDeps, 'approvals'>, action: ActionRecord): NamedAct {
  const isEdited = action.needsApproval && deps.approvals.ofAction(action.id)?.editedArgs
  return isEdited ? { name: '', title: action.title } : action
}

/**
 * The recorded result of an action, or of the one that it reuses; null when it has none.
 * @throws TocsinError `result_deleted`
 */
export function resultOf(deps: RecordedActs, action: ActionRecord): JsonValue {
  const attempt = deps.approvals.latestAttempt(action.reusedFrom ?? action.id)
  if (attempt?.isResultDeleted === true) throw resultDeleted(action.title)
  return attempt?.result ?? null
}

/**
 * A chain's attributes with the namespace's records as they are now: a chain that waited may have missed some, and some that
 * it knows may have ended or expired.
 * @param attrs the chain's; before its first round they are the alert's own, which hold whatever became of older records
 * @param options.isOwnLeftOut leaves out what this chain wrote itself
 */
export function withPersistent(
  deps: ChainDeps,
  chain: Pick<ChainRecord, 'id' | 'namespace'>,
  attrs: readonly Attribute[],
  { isFirst = false, isOwnLeftOut = false } = {},
): Attribute[] {
  if (chain.namespace === '') return [...attrs]
  const at = deps.clock.now()
  const isGone = ({ id, persist }: Attribute): boolean => {
    const writer = persist ? deps.attributes.lastWriterOfGone(chain.namespace, id, at) : null
    return writer !== null && writer !== chain.id
  }
  const stored = deps.attributes
    .now(chain.namespace, at)
    .filter((record) => !isOwnLeftOut || record.chainId !== chain.id)
    .map(({ id, key, value, type, persist, ttl }) => ({ id, key, value, type, persist, ttl }))
  const own = isFirst ? attrs : attrs.filter((attribute) => !isGone(attribute))
  return tidy([...own, ...stored], derivedIds('stored', chain.namespace))
}

/** Attributes after a round: those before it, then the commits of its actions by position. */
export function attrsAfter(
  before: readonly Attribute[],
  subjectId: string,
  actions: readonly Pick<ActionRecord, 'policyId' | 'position' | 'resolvedCommits'>[],
): Attribute[] {
  return tidy(
    [
      ...before,
      ...actions
        .toSorted((a, b) => a.position - b.position)
        .flatMap(({ policyId, resolvedCommits }) => committedAttributes(subjectId, policyId, resolvedCommits)),
    ],
    derivedIds('after', subjectId),
  )
}

/**
 * What an action's commits store. One without an id gets the same one each time, in every run of the subject's chain.
 * @param policyId the action's id as policies see it
 */
export function committedAttributes(subjectId: string, policyId: string, commits: readonly CommitSpec[]): Attribute[] {
  const newId = derivedIds('commit', subjectId, policyId)
  return commits.map(({ path: _path, ...attribute }) => ({ ...attribute, id: attribute.id || newId(attribute.key) }))
}
