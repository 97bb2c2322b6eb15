import type { Ids } from '../../ports/ports.ts'
import type { Tx } from '../../store/writer.ts'
import type { ApprovalStore } from '../records/approval-store.ts'
import { SYSTEM } from '../chain-deps.ts'
import type { ChainStore } from '../records/chain-store.ts'
import { isUnstarted } from '../rounds/machine.ts'
import { argsObject } from '../rounds/proposals.ts'
import { attemptKey, type ActionRecord, type ChainRecord } from '../records/records.ts'
import type { ActionFate, ChainFate, ReplacedStore } from './replaced-store.ts'
import { ACTION_TRANSITIONS, isFinished, isSettled } from '../records/transitions.ts'

const MAY_HAVE_RUN =
  'It may have been carried out after this copy of the database was made: check the target, then say so here'
const WENT_ON = 'It went on after this copy of the database was made: what it did is in the replaced database only'

/** What a start in doubt made of the chains that had not ended; actions by their titles. */
export interface AfterRestore {
  held: number
  /** Nobody knows whether they took effect. */
  unknown: string[]
  /** The replaced database knew. */
  known: string[]
  /** Of rounds that this database has no rows of. */
  elsewhere: string[]
  /** Chains that ended, or went on where this database cannot follow. */
  ended: number
}

interface Parts {
  chains: ChainStore
  approvals: ApprovalStore
  ids: Ids
}

interface Work extends Parts {
  tx: Tx
  found: AfterRestore
}

/**
 * In a database that may be older than what has happened: nothing of an open chain goes on by itself, and what may have run
 * since counts as *unknown*, unless the replaced database says what became of it.
 * @param replaced null when there is none that can be read
 */
export function holdOpenChains(parts: Parts, tx: Tx, replaced: ReplacedStore | null): AfterRestore {
  const found: AfterRestore = { held: 0, unknown: [], known: [], elsewhere: [], ended: 0 }
  const work: Work = { ...parts, tx, found }
  for (const chain of parts.chains.openChains()) {
    const round = parts.chains.latestRound(chain.id)
    const actions = round === null ? [] : parts.chains.actions(chain.id, round.no)
    const fate = replaced?.fateOf(chain.id) ?? null
    if (fate === null) for (const action of actions.filter(mayHaveRun)) leaveUnknown(work, chain, action)
    else follow(work, chain, actions, fate)
    if (isFinished(parts.chains.chainNow(chain.id).state)) continue
    parts.chains.hold(tx, chain.id)
    found.held += 1
  }
  return found
}

/** What would run by itself has perhaps run; what waits for the analyst is asked about again before it could. */
function mayHaveRun({ state, uses, isAbort, error }: ActionRecord): boolean {
  const isDue = state === 'running' || state === 'approved' || state === 'proposed'
  return isDue && uses !== '' && !isAbort && error === null
}

/** Under the key of the attempt that it stands for, so that *Try again* is a repeat to a service that can tell. */
function leaveUnknown({ approvals, chains, ids, tx, found }: Work, chain: ChainRecord, action: ActionRecord): void {
  const error = { code: 'outcome_unknown', message: MAY_HAVE_RUN }
  const latest = approvals.latestAttempt(action.id)
  const open = latest?.outcome === null ? latest.id : null
  const id = open ?? ids.uuid()
  if (action.state !== 'running') chains.moveAction(tx, action.id, 'running')
  if (open === null) {
    const approval = action.needsApproval ? approvals.ofAction(action.id) : null
    approvals.insertIntent(tx, {
      id,
      actionId: action.id,
      no: (latest?.no ?? 0) + 1,
      key: latest?.key ?? attemptKey(chain, action),
      uses: action.uses,
      args: approval?.editedArgs ?? argsObject(action.args),
      plan: approval?.plan ?? action.plan ?? { rows: [], bound: null },
      approvalId: approval?.id ?? null,
      policyVersionId: chain.policyVersionId,
      mode: 'off',
      effect: action.effect ?? 'contain',
      undoes: chain.undoOf,
    })
  }
  approvals.insertOutcome(tx, id, { outcome: 'unknown', by: 'restart', result: null, error })
  chains.moveAction(tx, action.id, 'unknown', { error })
  found.unknown.push(action.title)
}

function follow(work: Work, chain: ChainRecord, actions: readonly ActionRecord[], fate: ChainFate): void {
  const { chains, found } = work
  const own = new Set(chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER).map(({ id }) => id))
  for (const action of actions.filter(({ state }) => !isSettled(state))) {
    const known = fate.actions.find((other) => other.action.id === action.id)
    // What it was requested for is read from its target, here as there.
    if (known?.action.state === 'confirming' && action.state === 'confirming') continue
    if (known === undefined) {
      if (mayHaveRun(action)) leaveUnknown(work, chain, action)
    } else if (known.attempts.length > 0) takeOutcome(work, action, known)
    else takeDecision(work, action, known)
  }
  chains.setAttrs(chain.id, fate.chain.attrs)
  const later = fate.actions.filter(({ action }) => !own.has(action.id))
  found.elsewhere.push(...later.filter(({ attempts }) => attempts.length > 0).map(({ action }) => titleOf(action)))
  if (isFinished(fate.chain.state) || later.length > 0) end(work, chain, fate)
}

/** It was executed: its attempts and their outcomes, as the replaced database has them. */
function takeOutcome({ approvals, chains, tx, found }: Work, action: ActionRecord, known: ActionFate): void {
  const approval = approvals.ofAction(action.id)
  const given = known.approval
  if (action.state === 'waiting') chains.moveAction(tx, action.id, 'approved')
  if (action.state === 'unknown') chains.moveAction(tx, action.id, 'approved')
  if (approval?.outcome === null && given?.outcome === 'approved') {
    const { why, editedArgs, plan } = given
    const decidedHash = given.decidedHash ?? ''
    approvals.approve(tx, approval.id, { by: given.decidedBy ?? SYSTEM, why, decidedHash, editedArgs, plan })
  }
  if (action.state !== 'running' && action.state !== 'confirming') chains.moveAction(tx, action.id, 'running')
  const own = new Map(approvals.attempts(action.id).map((attempt) => [attempt.id, attempt]))
  for (const attempt of known.attempts) {
    // An approval that was asked for later has no row here.
    const approvalId = attempt.approvalId === approval?.id ? attempt.approvalId : null
    if (!own.has(attempt.id)) approvals.insertIntent(tx, { ...attempt, approvalId })
    if (own.get(attempt.id)?.outcome === (attempt.outcome ?? 'unknown')) continue
    const { outcome, outcomeBy, result, error } = attempt
    approvals.insertOutcome(tx, attempt.id, {
      outcome: outcome ?? 'unknown',
      by: outcomeBy ?? 'restart',
      result,
      error: outcome === null ? { code: 'outcome_unknown', message: MAY_HAVE_RUN } : error,
    })
  }
  const { state, error, resolvedCommits } = known.action
  const isKnown = state === 'succeeded' || state === 'failed'
  const failure = error ?? { code: 'outcome_unknown', message: MAY_HAVE_RUN }
  if (state === 'succeeded') chains.moveAction(tx, action.id, state, { resolvedCommits })
  else chains.moveAction(tx, action.id, isKnown ? state : 'unknown', { error: failure, resolvedCommits })
  if (isKnown) found.known.push(titleOf(known.action))
  else found.unknown.push(action.title)
}

/** It was not executed: a "no" that was said, or what settled it, holds here too; a "yes" is asked for again. */
function takeDecision({ approvals, chains, tx }: Work, action: ActionRecord, known: ActionFate): void {
  const { state, error, resolvedCommits } = known.action
  if (!isSettled(state) || !ACTION_TRANSITIONS[action.state].includes(state)) return
  chains.moveAction(tx, action.id, state, { ...(error ? { error } : {}), resolvedCommits })
  const own = approvals.ofAction(action.id)
  const outcome = known.approval?.outcome
  if (own?.outcome !== null || !outcome || outcome === 'approved') return
  approvals.close(tx, own.id, outcome, known.approval?.decidedBy ?? SYSTEM, known.approval?.why ?? '')
}

/** The chain ended, or has rounds that this database has not: it must not make them again. */
function end({ approvals, chains, tx, found }: Work, chain: ChainRecord, fate: ChainFate): void {
  const round = chains.latestRound(chain.id)
  const actions = round === null ? [] : chains.actions(chain.id, round.no)
  for (const action of actions.filter(isUnstarted)) {
    chains.moveAction(tx, action.id, 'superseded')
    const approval = approvals.ofAction(action.id)
    if (approval) approvals.close(tx, approval.id, 'withdrawn', SYSTEM, WENT_ON)
  }
  found.ended += 1
  // What nobody knows keeps its chain open for the analyst, as everywhere.
  if (actions.some(({ state }) => state === 'unknown' || state === 'confirming' || state === 'running'))
    return chains.setStopping(tx, chain.id)
  const state = isFinished(fate.chain.state) ? fate.chain.state : 'cancelled'
  if (round) chains.finishRound(tx, chain.id, round.no)
  if (chains.chainNow(chain.id).state === 'queued') chains.moveChain(tx, chain.id, 'running')
  chains.moveChain(tx, chain.id, state, state === 'completed' ? null : { code: 'restored', message: WENT_ON })
}

function titleOf({ title, state }: ActionRecord): string {
  return `${title} (${state})`
}
