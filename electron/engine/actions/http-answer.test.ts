import { describe, expect, it } from 'vitest'
import { statusFailure } from './http-answer.ts'

function waitOf(headers: Record<string, string>): number | null {
  return statusFailure('h', { status: 429, statusText: '429 Too Many Requests', headers, body: Buffer.alloc(0) })
    .retryAfterMs
}

describe('Retry-After', () => {
  const date = 'Tue, 02 Jan 2024 03:04:05 GMT'
  it.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['seconds with spaces', { 'retry-after': ' 7 ' }, 7000],
    ['none', { 'retry-after': '0' }, 0],
    ['more seconds than anybody waits', { 'retry-after': '99999999999' }, 99_999_999_999_000],
    ['a date, counted from the answer’s own', { 'retry-after': 'Tue, 02 Jan 2024 03:05:05 GMT', date }, 60_000],
    ['a date that has passed', { 'retry-after': 'Tue, 02 Jan 2024 03:04:00 GMT', date }, 0],
    ['a date without one to count from', { 'retry-after': date }, null],
    ['half a second', { 'retry-after': '0.5' }, null],
    ['a negative number', { 'retry-after': '-1' }, null],
    ['text', { 'retry-after': 'later', date }, null],
    ['Okta’s second of the reset', { 'x-rate-limit-reset': '1704164655', date }, 10_000],
    ['CrowdStrike’s', { 'x-ratelimit-retryafter': '1704164655', date }, 10_000],
    ['a second of the reset without a date to count from', { 'x-rate-limit-reset': '1704164655' }, null],
    ['nothing', {}, null],
  ])('reads %s', (_what, headers, expected) => {
    expect(waitOf(headers)).toBe(expected)
  })
})
