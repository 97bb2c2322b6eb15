import { expect, it } from 'vitest'
import type { ActionView } from '../../../shared/model/views.ts'
import { clock } from '../../lib/time.ts'
import { whatHappened } from './what-happened.ts'

const AT = Date.UTC(2026, 4, 3, 12, 2, 11)
const decision = (outcome: string, by: string, why: string): ActionView['decision'] => ({ outcome, by, why, at: AT })
const time = clock(AT)

it.each<[ActionView['state'], ActionView['decision'], string]>([
  ['running', decision('approved', 'analyst', ''), `Approved by you, in another window, at ${time}. It is running.`],
  [
    'failed',
    decision('approved', 'analyst', 'seen'),
    `Approved by you, in another window, at ${time}: “seen”. It failed.`,
  ],
  ['rejected', decision('rejected', 'analyst', 'no'), `Rejected by you, in another window, at ${time}: “no”.`],
  ['expired', decision('expired', 'system', 'late'), `Expired at ${time}: nobody decided in time, so it does not run.`],
  [
    'superseded',
    decision('withdrawn', 'system', 'Not run: a failed before it'),
    `Superseded at ${time}. Not run: a failed before it.`,
  ],
  ['superseded', null, 'It does not wait any more: superseded.'],
])('%s says by whom, when and why', (state, made, words) => {
  expect(whatHappened({ state, decision: made, attempts: [], error: null })).toBe(words)
})

it('says what somebody else said about an unknown outcome', () => {
  const attempt: ActionView['attempts'][number] = {
    id: 'a',
    no: 1,
    intentAt: AT - 5,
    outcome: 'failed',
    outcomeAt: AT,
    outcomeBy: 'analyst',
    args: {},
    plan: null,
    resultSize: 0,
    isResultTruncated: false,
    resultDeletedAt: null,
    pending: null,
    error: null,
  }
  const error = { code: 'not_done', message: 'The analyst says that it did not happen: looked' }
  const approved = decision('approved', 'analyst', '')
  expect(whatHappened({ state: 'failed', decision: approved, attempts: [attempt], error })).toBe(
    `Marked as not done by you, in another window, at ${time}. The analyst says that it did not happen: looked`,
  )
})
