import type { WaitingRow } from '../../../shared/model/views.ts'

/** A decision with less time than this left is urgent whatever it does. */
const SOON_MS = 4 * 3_600_000

const ORDER = ['soon', 'contain', 'notify', 'observe', 'unknown'] as const
export type WaitingGroup = (typeof ORDER)[number]

export const GROUP_TITLES: Record<WaitingGroup, string> = {
  soon: 'Expires soon',
  contain: 'Changes something',
  notify: 'Tells someone',
  observe: 'Looks something up',
  unknown: 'Unknown outcome',
}

export function groupOf(row: WaitingRow, now: number): WaitingGroup {
  if (row.kind === 'unknown') return 'unknown'
  if (row.expiresAt !== null && row.expiresAt - now < SOON_MS) return 'soon'
  return row.effect
}

/** By urgency, the oldest first within a group. */
export function byUrgency(rows: readonly WaitingRow[], now: number): WaitingRow[] {
  const rank = (row: WaitingRow) => ORDER.indexOf(groupOf(row, now))
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt)
}
