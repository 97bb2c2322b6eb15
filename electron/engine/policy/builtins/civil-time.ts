import { BuiltinError } from './builtin.ts'
import type { Zone } from './zone.ts'

const NS_PER_SECOND = 1_000_000_000n
const MAX_INT64 = 2n ** 63n - 1n

/** A date and a time of day in some zone; months from 1. */
export interface Civil {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  /** 0 is Sunday. */
  weekday: number
  /** From 1. */
  yearDay: number
  offset: number
}

/** Whole seconds since 1970, rounded down. */
export function secondsOf(ns: bigint): number {
  const seconds = ns / NS_PER_SECOND
  return Number(ns % NS_PER_SECOND < 0n ? seconds - 1n : seconds)
}

export function civilOf(ns: bigint, zone: Zone): Civil {
  const seconds = secondsOf(ns)
  const offset = zone.offsetAt(seconds)
  const date = new Date((seconds + offset) * 1000)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  return {
    year,
    month,
    day,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(ns - BigInt(seconds) * NS_PER_SECOND),
    weekday: date.getUTCDay(),
    yearDay: daysSince1970(year, month, day) - daysSince1970(year, 1, 1) + 1,
    offset,
  }
}

/** Fields beyond their usual range count on into the next, as in Go's time.Date. */
export function daysSince1970(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, 1)
  return date.getTime() / 86_400_000 + day - 1
}

export function daysIn(year: number, month: number): number {
  return daysSince1970(year, month + 1, 1) - daysSince1970(year, month, 1)
}

/** Seconds since 1970 of a civil time in UTC. */
export function utcSeconds(civil: Pick<Civil, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'>): number {
  const { year, month, day, hour, minute, second } = civil
  return daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
}

/** A civil time of a zone as seconds since 1970; where a zone skips or repeats it, as Go's time.Date decides. */
export function zonedSeconds(civil: Parameters<typeof utcSeconds>[0], zone: Zone): number {
  const local = utcSeconds(civil)
  const guess = zone.offsetAt(local)
  return guess === 0 ? local : local - zone.offsetAt(local - guess)
}

/** @throws BuiltinError before 1677 or after 2262, as OPA */
export function nanoseconds(seconds: number, nanosecond: number): bigint {
  if (!Number.isSafeInteger(seconds)) throw new BuiltinError('time outside of valid range')
  const ns = BigInt(seconds) * NS_PER_SECOND + BigInt(nanosecond)
  if (ns > MAX_INT64 || ns < -MAX_INT64 - 1n) throw new BuiltinError('time outside of valid range')
  return ns
}
