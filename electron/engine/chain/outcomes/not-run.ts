import { actInWords } from '../../../../shared/model/act-title.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { ActionRecord } from '../records/records.ts'

/** The code that a superseded action carries; its message says by what. */
const SUPERSEDED = 'superseded'

/**
 * Why an action is superseded by one of its round.
 * @param settled the action that halts the round
 * @param isExitFailed its exit rule failed, rather than the action
 */
export function notRunAfter(settled: ActionRecord, isExitFailed: boolean): Failure {
  const name = settled.hasOwnId ? settled.policyId : actInWords(settled)
  if (isExitFailed) return superseded(`the exit rule after ${name} failed`)
  return superseded(settled.isAbort ? `${name} ended the chain before it` : `${name} failed before it`)
}

/** @param reason what the analyst gave for the stop */
export function notRunStopped(reason: string): Failure {
  return superseded(`the chain was stopped (${reason})`)
}

/** Of an undo. */
export function notRunLifted(): Failure {
  return superseded('what it would undo was marked as lifted')
}

export function notRunAgain(): Failure {
  return superseded('the chain was run again before its turn')
}

/** @param failure what ended the chain: a defect, or a policy version that cannot be loaded */
export function notRunFailed(failure: Failure): Failure {
  return superseded(`the chain failed (${failure.message})`)
}

function superseded(because: string): Failure {
  return { code: SUPERSEDED, message: `Not run: ${because}` }
}
