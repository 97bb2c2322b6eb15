import { ACTION_STATE_WORDS, type ActionState } from '../../../shared/model/states.ts'
import type { ActionView } from '../../../shared/model/views.ts'
import { clock } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'

/** What came of an action after it was approved. */
const SINCE: Partial<Record<ActionState, string>> = {
  approved: 'It is about to run.',
  running: 'It is running.',
  confirming: 'It was requested, and its target is looked at.',
  succeeded: 'It succeeded.',
  failed: 'It failed.',
  unknown: 'Nobody knows whether it took effect.',
}

type Happened = Pick<ActionView, 'state' | 'decision' | 'attempts' | 'error'>

/**
 * What became of an action that this window was about to decide: by whom, when and why, in one or two sentences. The
 * analyst's own decision was made elsewhere, else nobody would have to be told.
 */
export function whatHappened(action: Happened): string {
  const answer = unknownAnswer(action)
  if (answer !== null) return answer
  const { decision, state } = action
  if (decision === null) return `It does not wait any more: ${ACTION_STATE_WORDS[state].toLowerCase()}.`
  const who = `${decision.by === 'analyst' ? ' by you, in another window,' : ''} at ${clock(decision.at)}`
  const why = decision.why === '' ? '' : `: “${visibleText(decision.why, 300)}”`
  switch (decision.outcome) {
    case 'approved':
      return `Approved${who}${why}. ${SINCE[state] ?? ''}`.trim()
    case 'rejected':
      return `Rejected${who}${why}.`
    case 'expired':
      return `Expired${who}: nobody decided in time, so it does not run.`
    default:
      // The engine says by what: a stop, a re-run, an action that failed before it.
      return `Superseded${who}. ${visibleText(decision.why, 300)}.`
  }
}

/** What somebody said about an outcome that nobody knew. */
function unknownAnswer({ attempts, error }: Happened): string | null {
  const last = attempts.at(-1)
  if (last?.outcomeBy !== 'analyst' || last.outcomeAt === null) return null
  const word = last.outcome === 'succeeded' ? 'done' : 'not done'
  const cause = last.outcome === 'succeeded' || error === null ? '' : ` ${visibleText(error.message, 300)}`
  return `Marked as ${word} by you, in another window, at ${clock(last.outcomeAt)}.${cause}`
}
