import { create } from 'zustand'
import type { TopicPayload } from '../../shared/contract.ts'
import { on } from '../lib/bridge.ts'
import { count } from '../lib/words.ts'

/** One piece of news; `times` alerts that came in together are one. */
export type News = TopicPayload<'news'> & { at: number; no: number; times: number }

/** What the first-run page lists; older news is in the places themselves. */
const KEPT = 50
/** Alerts that follow one another this closely are told as a number: a burst must not talk for minutes. */
const BURST_MS = 1000

/** Newest first. */
export const useNews = create<{ items: News[] }>(() => ({ items: [] }))

let no = 0

function withNews(items: readonly News[], payload: TopicPayload<'news'>, at: number): News[] {
  no++
  const [latest, ...rest] = items
  if (latest && latest.kind === 'alert' && payload.kind === 'alert' && at - latest.at < BURST_MS) {
    const times = latest.times + 1
    return [{ ...payload, text: count(times, 'new alert'), at, no, times }, ...rest]
  }
  return [{ ...payload, at, no, times: 1 }, ...items].slice(0, KEPT)
}

/** Collects what the engine tells for the live region. @returns a function that stops it */
export function startNews(): () => void {
  return on('news', (payload) => useNews.setState(({ items }) => ({ items: withNews(items, payload, Date.now()) })))
}
