import { useSyncExternalStore } from 'react'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Ages show seconds only in the first minute; ten times a minute is often enough for all others. */
const TICK_MS = 5000

/** Age in the least space: `4s`, `11m`, `3h`, `12d`. */
export function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`
  return `${Math.floor(ms / DAY)}d`
}

/** Age or time left in words with a gap: `4 s`, `23 h 49 m`, `3 d 4 h`. */
export function span(ms: number): string {
  const value = Math.max(0, ms)
  if (value < MINUTE) return `${Math.floor(value / SECOND)} s`
  if (value < HOUR) return `${Math.floor(value / MINUTE)} m`
  if (value < DAY) return join(Math.floor(value / HOUR), 'h', Math.floor((value % HOUR) / MINUTE), 'm')
  return join(Math.floor(value / DAY), 'd', Math.floor((value % DAY) / HOUR), 'h')
}

function join(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first} ${firstUnit}` : `${first} ${firstUnit} ${second} ${secondUnit}`
}

/** How long something took: `412 ms`, `3.1 s`, `1 m 14 s`, `2 h 5 m`. */
export function duration(ms: number): string {
  const value = Math.max(0, ms)
  if (value < SECOND) return `${Math.round(value)} ms`
  if (value < MINUTE) return `${(value / SECOND).toFixed(1)} s`
  if (value < HOUR)
    return `${Math.floor(value / MINUTE)} m ${String(Math.floor((value % MINUTE) / SECOND)).padStart(2, '0')} s`
  return span(value)
}

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minuteFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const fullFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** `14:02:11` */
export function clock(at: number): string {
  return clockFormat.format(at)
}

/** `14:02` today, `3 May 14:02` before. */
export function moment(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString()
  return isToday ? minuteFormat.format(at) : `${dayFormat.format(at)} ${minuteFormat.format(at)}`
}

/** Date and time in full, for titles. */
export function full(at: number): string {
  return fullFormat.format(at)
}

let now = Date.now()
const listeners = new Set<() => void>()
let timer: number | null = null

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  now = Date.now()
  timer ??= window.setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || timer === null) return
    window.clearInterval(timer)
    timer = null
  }
}

/** The present time in epoch milliseconds, again every few seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
