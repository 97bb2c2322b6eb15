import { TocsinError } from '../../../../shared/errors.ts'
import type { ActionState, ChainState } from '../../../../shared/model/states.ts'

/**
 * The only place that says where a chain and its actions may go (`design.md` §5).
 * `approved → waiting`: what was approved turned out stale at its execution and is asked anew.
 * `approved → expired`: its time was up before it could run, as when the app was closed for days.
 * `running → approved`: after a restart the action can tell that its effect did not happen, or may be repeated.
 * `approved → unknown`, `waiting → unknown`: it would be repeated, but is not run any more (dry-run, stop, a rejection);
 * whether an earlier attempt took effect nobody knows.
 * `running → confirming`: it was requested, and the target does not read so yet. It is not sent again from there.
 * `unknown → approved`: the analyst says *Try again*.
 */
export const ACTION_TRANSITIONS: Readonly<Record<ActionState, readonly ActionState[]>> = {
  proposed: ['waiting', 'running', 'succeeded', 'failed', 'skipped', 'superseded'],
  waiting: ['approved', 'rejected', 'expired', 'superseded', 'unknown'],
  approved: ['running', 'waiting', 'expired', 'failed', 'skipped', 'superseded', 'unknown'],
  running: ['confirming', 'succeeded', 'failed', 'unknown', 'approved'],
  confirming: ['succeeded', 'failed', 'unknown'],
  unknown: ['succeeded', 'failed', 'approved'],
  rejected: [],
  expired: [],
  succeeded: [],
  failed: [],
  skipped: [],
  superseded: [],
}

/** `running → queued`: the response mode was switched to *Off* between two actions. */
export const CHAIN_TRANSITIONS: Readonly<Record<ChainState, readonly ChainState[]>> = {
  queued: ['running', 'cancelled'],
  running: ['queued', 'waiting', 'completed', 'aborted', 'failed', 'cancelled', 'round_limit'],
  waiting: ['queued', 'running', 'completed', 'aborted', 'failed', 'cancelled', 'round_limit'],
  completed: [],
  aborted: [],
  failed: [],
  cancelled: [],
  round_limit: [],
}

/** States from which nothing follows. An `unknown` action is not settled: it keeps its chain waiting for the analyst. */
export function isSettled(state: ActionState): boolean {
  return ACTION_TRANSITIONS[state].length === 0
}

export function isFinished(state: ChainState): boolean {
  return CHAIN_TRANSITIONS[state].length === 0
}

/** @throws TocsinError `illegal_transition` when the table does not have it */
export function assertActionMove(from: ActionState, to: ActionState): void {
  if (!ACTION_TRANSITIONS[from].includes(to)) throw illegal('action', from, to)
}

/** @throws TocsinError `illegal_transition` when the table does not have it */
export function assertChainMove(from: ChainState, to: ChainState): void {
  if (!CHAIN_TRANSITIONS[from].includes(to)) throw illegal('chain', from, to)
}

function illegal(what: string, from: string, to: string): TocsinError {
  return new TocsinError('illegal_transition', `The ${what} is ${from} and cannot become ${to}`, {
    details: { from, to },
  })
}
