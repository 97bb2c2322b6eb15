import { createHash } from 'node:crypto'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { tidy } from '../attributes.ts'
import type { ChainDeps } from './chain-deps.ts'
import { wasDeclined, wasExecuted } from './machine.ts'
import type { Called, Declined } from './policy-input.ts'
import { callKey, type Settled } from './proposals.ts'
import type { ActionRecord, CommitSpec } from './records.ts'

/** What has happened in a chain before a round, as its evaluation sees it. */
export interface History {
  called: Called[]
  declined: Declined[]
  settled: Settled
}

/** The history of a chain up to (not including) a round; `called` in the order in which actions settled. */
export function historyBefore(deps: ChainDeps, chainId: string, roundNo: number): History {
  const actions = roundNo === 0 ? [] : deps.chains.actionsBefore(chainId, roundNo)
  const called = calledOf(deps, actions)
  const declined = actions
    .filter(wasDeclined)
    .map((action) => ({ action, status: action.state, reason: deps.approvals.ofAction(action.id)?.why ?? '' }))
  return {
    called,
    declined,
    settled: {
      ids: new Set(
        actions.filter((action) => wasExecuted(action) || wasDeclined(action)).map((action) => action.policyId),
      ),
      declinedCalls: new Set(declined.map(({ action }) => callKey(action.uses, action.argsHash))),
    },
  }
}

/** Executed actions with their results, in the order in which they settled. */
export function calledOf(deps: ChainDeps, actions: readonly ActionRecord[]): Called[] {
  return actions
    .filter(wasExecuted)
    .toSorted((a, b) => (a.settledOrder ?? 0) - (b.settledOrder ?? 0))
    .map((action) => ({ action, status: action.state, result: resultOf(deps, action) }))
}

/** The recorded result of an action, or of the one that it reuses; null when it has none. */
export function resultOf(deps: ChainDeps, action: ActionRecord): JsonValue {
  return deps.approvals.latestAttempt(action.reusedFrom ?? action.id)?.result ?? null
}

/**
 * A chain's attributes with the namespace's records as they are now: a chain that waited may have missed some.
 * @param exceptOf leaves out what this chain wrote itself
 */
export function withPersistent(
  deps: ChainDeps,
  namespace: string,
  attrs: readonly Attribute[],
  exceptOf: string | null = null,
): Attribute[] {
  const stored = deps.attributes.now(namespace, deps.clock.now()).filter((record) => record.chainId !== exceptOf)
  const plain = stored.map(({ id, key, value, type, persist, ttl }) => ({ id, key, value, type, persist, ttl }))
  return tidy([...attrs, ...plain], () => deps.ids.uuid())
}

/** Attributes after a round: those before it, then the commits of its actions by position. */
export function attrsAfter(
  before: readonly Attribute[],
  actions: readonly ActionRecord[],
  newId: () => string,
): Attribute[] {
  return tidy(
    [
      ...before,
      ...actions
        .toSorted((a, b) => a.position - b.position)
        .flatMap((action) => committedAttributes(action.id, action.resolvedCommits)),
    ],
    newId,
  )
}

/** What an action's commits store. One without an id gets the same one each time it is looked at. */
export function committedAttributes(actionId: string, commits: readonly CommitSpec[]): Attribute[] {
  return commits.map(({ path: _path, ...attribute }, index) => ({
    ...attribute,
    id: attribute.id || commitId(actionId, index),
  }))
}

/** A UUID (version 8: custom) made of the action's id and the commit's place. */
function commitId(actionId: string, index: number): string {
  const hex = createHash('sha256').update(`${actionId}/${index}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
