import { create } from 'zustand'
import type { TopicPayload } from '../../shared/contract.ts'
import { on } from '../lib/bridge.ts'

export type News = TopicPayload<'news'> & { at: number; no: number }

/** What the first-run page lists; older news is in the places themselves. */
const KEPT = 50

interface NewsStore {
  /** Newest first */
  items: News[]
  /** The chain of the alert just approved etc. is told by the screen itself */
  say: (text: string) => void
}

let no = 0

export const useNews = create<NewsStore>((set) => ({
  items: [],
  say: (text) =>
    set(({ items }) => ({ items: [made({ kind: 'engine', text, alertId: null, actionId: null }), ...items] })),
}))

function made(payload: TopicPayload<'news'>): News {
  no++
  return { ...payload, at: Date.now(), no }
}

/** Collects what the engine tells for the live region. @returns a function that stops it */
export function startNews(): () => void {
  return on('news', (payload) => useNews.setState(({ items }) => ({ items: [made(payload), ...items].slice(0, KEPT) })))
}
