import type { ChainState } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { ActionRecord, ChainRecord, RoundRecord } from '../records/records.ts'
import { isFinished, isSettled } from '../records/transitions.ts'

/** AlertChain's `DefaultMaxSequences`; here a visible end state instead of a silent success. */
export const MAX_ROUNDS = 32

/** How a chain ends. */
export interface Finish {
  state: ChainState
  error: Failure | null
}

/** What a chain is about to do, decided from its rows alone. */
export type Step =
  | { do: 'evaluate'; round: number }
  | { do: 'execute'; action: ActionRecord }
  /** The chain is being stopped: what a restart found not done is not tried again. */
  | { do: 'withdraw'; action: ActionRecord }
  /** Something of this round waits for the analyst, and nothing else can run. */
  | { do: 'wait' }
  /** An intent without an outcome that nobody is working on: only after a restart. */
  | { do: 'recover'; action: ActionRecord }
  /** The chain is being stopped while something is not confirmed: it is left to the analyst. */
  | { do: 'leave'; action: ActionRecord }
  | ({ do: 'finish' } & Finish)
  | { do: 'nothing' }

/**
 * The next step of a chain (`design.md` §5, *A round*). Pure: the same rows give the same step, so a restart goes on
 * where the last commit left off.
 * @param round the chain's latest round, null before the first
 * @param actions that round's actions, by position
 */
export function nextStep(chain: ChainRecord, round: RoundRecord | null, actions: readonly ActionRecord[]): Step {
  if (isFinished(chain.state)) return { do: 'nothing' }
  if (round === null) return chain.isStopping ? finish('cancelled') : { do: 'evaluate', round: 0 }
  const running = actions.find((action) => action.state === 'running')
  if (running) return { do: 'recover', action: running }
  const runnable = actions.find((action) => action.state === 'proposed' || action.state === 'approved')
  if (runnable) return { do: chain.isStopping ? 'withdraw' : 'execute', action: runnable }
  const confirming = actions.find((action) => action.state === 'confirming')
  if (confirming && chain.isStopping) return { do: 'leave', action: confirming }
  if (actions.some((action) => !isSettled(action.state))) return { do: 'wait' }
  return afterRound(chain, round, actions)
}

function afterRound(chain: ChainRecord, round: RoundRecord, actions: readonly ActionRecord[]): Step {
  if (chain.isStopping) return finish('cancelled')
  const failed = actions.find((action) => isHaltingFailure(action, chain.generation))
  if (failed) return finish('failed', failed.error)
  if (round.isAborted || actions.some(isExecutedAbort)) return finish('aborted')
  if (chain.trigger === 'undo' || actions.length === 0) return finish('completed')
  if (round.no + 1 >= MAX_ROUNDS)
    return finish('round_limit', {
      code: 'round_limit',
      message: `The policy still proposed actions after ${MAX_ROUNDS} rounds: give each action an id or a condition that ends`,
    })
  return { do: 'evaluate', round: round.no + 1 }
}

function finish(state: ChainState, error: Failure | null = null): Step {
  return { do: 'finish', state, error }
}

/**
 * A failure without `force` ends its chain. So does a `uses` that names no action, whatever `force` says; only the generation
 * of `init` and `exit` forces that too (`behaviour/alertchain.md` §4.1, §4.2).
 */
export function isHaltingFailure(action: ActionRecord, generation: ChainRecord['generation']): boolean {
  if (action.state !== 'failed') return false
  return !action.isForced || (generation === 'commit' && action.error?.code === 'action_not_found')
}

function isExecutedAbort(action: ActionRecord): boolean {
  return action.isAbort && action.state === 'succeeded'
}

/**
 * Which actions of the round are not run because of one that halts it: all after it that have not started (`design.md` §5).
 * Earlier ones that wait stay.
 */
export function supersededBy(settled: ActionRecord, actions: readonly ActionRecord[]): ActionRecord[] {
  return actions.filter((other) => other.position > settled.position && isUnstarted(other))
}

/** Whether nothing after this action is started any more. */
export function haltsRound(settled: ActionRecord, generation: ChainRecord['generation']): boolean {
  return isHaltingFailure(settled, generation) || isExecutedAbort(settled)
}

/** Not started and not settled: what a stop or a failure before it takes away. */
export function isUnstarted(action: ActionRecord): boolean {
  return action.state === 'proposed' || action.state === 'waiting' || action.state === 'approved'
}

/** Was it executed, in the sense of `input.called`? */
export function wasExecuted(action: ActionRecord): boolean {
  return action.state === 'succeeded' || (action.state === 'failed' && action.isForced)
}

export function wasDeclined(action: ActionRecord): boolean {
  return action.state === 'rejected' || action.state === 'expired' || action.state === 'skipped'
}
