import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { readReview } from './review-policy.ts'

describe('what a review policy says of a report', () => {
  it.each(['safe', 'unclassified', 'urgent'])('is the grade %s with its reason', (severity) => {
    expect(readReview({ severity, reason: 'why' })).toEqual({ severity, reason: 'why' })
    expect(readReview({ SEVERITY: severity.toUpperCase(), other: [] })).toEqual({ severity, reason: '' })
  })

  it.each([[undefined], [null], [{}], [{ severity: null, reason: null }], [{ severity: '' }]])(
    'is unclassified where it is %j',
    (document) => expect(readReview(document)).toEqual({ severity: 'unclassified', reason: '' }),
  )

  it('keeps a reason without a grade', () => {
    expect(readReview({ reason: 'nobody knows' })).toEqual({ severity: 'unclassified', reason: 'nobody knows' })
  })

  it('cuts a reason that nobody would read, and no character in two', () => {
    const { reason } = readReview({ severity: 'safe', reason: `${'x'.repeat(4095)}😀${'y'.repeat(9000)}` })
    expect(reason).toBe(`${'x'.repeat(4095)}\uFFFD…`)
    expect(readReview({ reason: 'x'.repeat(4096) }).reason).toBe('x'.repeat(4096))
  })

  it.each<[string, JsonValue, string]>([
    ['an unknown word', { severity: 'high' }, `review.severity is "high": safe, unclassified or urgent is expected`],
    ['a number', { severity: 3 }, 'review.severity is 3: safe, unclassified or urgent is expected'],
    ['a set of grades', { severity: ['safe', 'urgent'] }, 'review.severity is ["safe","urgent"]: safe'],
    ['an object', { severity: { level: 'safe' } }, 'review.severity is {"level":"safe"}: safe'],
    ['very much', { severity: 'x'.repeat(5000) }, `review.severity is "${'x'.repeat(99)}…: safe`],
    ['a number as reason', { severity: 'safe', reason: 1 }, 'review.reason is a number'],
    ['a list instead of a package', [], 'review is an array'],
    ['a text instead of a package', 'safe', 'review is a string'],
  ])('%s is a problem that names what came', (_name, document, message) => {
    expect(() => readReview(document)).toThrow(
      expect.objectContaining({ code: 'policy_result', message: expect.stringContaining(message) as string }),
    )
  })
})
