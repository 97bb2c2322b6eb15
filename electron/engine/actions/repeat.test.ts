import { describe, expect, it } from 'vitest'
import { TocsinError } from '../../../shared/errors.ts'
import { HttpFailure } from '../http/http-failure.ts'
import { beforeEffect, isRepeatSafe, isUnknown } from './repeat.ts'

type Sent = ConstructorParameters<typeof HttpFailure>[2]
const failed = (code: string, sent: Sent): HttpFailure => new HttpFailure(code, 'x', sent)
const status = (number: number, retryAfterMs: number | null = null): HttpFailure =>
  failed('http_status', { hasLeft: true, status: number, retryAfterMs })

describe('isRepeatSafe', () => {
  it.each<[string, unknown, boolean, boolean]>([
    ['a name that is not resolved', failed('net_dns', { hasLeft: false }), true, true],
    ['nobody there', failed('net_unreachable', { hasLeft: false }), true, true],
    ['a connection that broke before anything left', failed('net_reset', { hasLeft: false }), true, true],
    ['a connection that broke after it', failed('net_reset', { hasLeft: true }), false, true],
    ['429', status(429), true, true],
    ['403 with Retry-After', status(403, 0), true, true],
    ['403', status(403), false, false],
    ['503 with Retry-After', status(503, 0), false, true],
    ['500', status(500), false, true],
    ['408', status(408), false, false],
    ['404', status(404), false, false],
    ['a time-out', failed('net_timeout', { hasLeft: false }), false, false],
    ['an address that is refused', failed('net_refused_address', { hasLeft: false }), false, false],
    ['another error', new TocsinError('net_dns', 'x'), false, false],
  ])('[S24] %s', (_what, error, once, idempotent) => {
    expect(isRepeatSafe(error, false)).toBe(once)
    expect(isRepeatSafe(error, true)).toBe(idempotent)
  })
})

describe('beforeEffect', () => {
  it('[S24] makes a failure one of which nothing was done', async () => {
    for (const error of [failed('net_reset', { hasLeft: true }), status(503), status(429, 5000)]) {
      const found = await beforeEffect(Promise.reject(error)).catch((caught: unknown) => caught)
      expect(isRepeatSafe(found, false)).toBe(true)
      expect(isUnknown(found, false)).toBe(false)
      expect(found).toMatchObject({ code: error.code, status: error.status, retryAfterMs: error.retryAfterMs })
    }
    expect(isUnknown(failed('net_reset', { hasLeft: true }), false)).toBe(true)
  })

  it('hands on everything else', async () => {
    expect(await beforeEffect(Promise.resolve(1))).toBe(1)
    const error = new TocsinError('x', 'y')
    await expect(beforeEffect(Promise.reject(error))).rejects.toBe(error)
  })
})
