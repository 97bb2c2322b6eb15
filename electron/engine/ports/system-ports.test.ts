import { expect, test, vi } from 'vitest'
import { systemClock, systemIds } from './system-ports.ts'

test('ids are UUIDv7 and sort by time', () => {
  const ids = Array.from({ length: 10_000 }, () => systemIds.uuid())
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(systemIds.seed()).toMatch(/^[0-9a-f]{32}$/)
})

test('nanoseconds agree with milliseconds', () => {
  const before = systemClock.now()
  const ns = systemClock.nowNs()
  expect(ns).toMatch(/^\d{19}$/)
  expect(Number(BigInt(ns) / 1_000_000n)).toBeGreaterThanOrEqual(before)
})

test('a delay beyond what a timer takes does not fire early, and a cancelled one never', () => {
  vi.useFakeTimers()
  const called: string[] = []
  const days30 = 30 * 86_400_000
  systemClock.after(days30, () => called.push('long'))
  const cancel = systemClock.after(days30, () => called.push('cancelled'))
  vi.advanceTimersByTime(2 ** 31)
  cancel()
  expect(called).toEqual([])
  vi.advanceTimersByTime(days30)
  expect(called).toEqual(['long'])
  vi.useRealTimers()
})
