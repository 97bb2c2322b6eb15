import type { WaitingRow } from '../../../shared/model/views.ts'
import { groupOf, type WaitingGroup } from './groups.ts'

/** So many alike ones stand in the queue before the rest folds. */
const SHOWN = 3
/** Fewer than this are not worth a fold. */
const LEAST_FOLDED = 3

/** A line of the queue: a group's head, a decision, or the rest of a kind. */
export type Line =
  | { kind: 'group'; group: WaitingGroup; count: number }
  | { kind: 'row'; row: WaitingRow }
  | { kind: 'fold'; alike: string; rest: readonly WaitingRow[]; isOpen: boolean }

/**
 * The queue's lines: of many alike decisions in a group three stand there, the rest is one line until it is opened.
 * @param rows by urgency
 * @param opened kinds whose rest is shown
 * @param selectedId is never folded away
 */
export function queueLines(
  rows: readonly WaitingRow[],
  now: number,
  opened: ReadonlySet<string>,
  selectedId: string | null,
): Line[] {
  const groups = Map.groupBy(rows, (row) => groupOf(row, now))
  return [...groups].flatMap(([group, members]): Line[] => [
    { kind: 'group', group, count: members.length },
    ...groupLines(group, members, opened, selectedId),
  ])
}

function groupLines(
  group: WaitingGroup,
  members: readonly WaitingRow[],
  opened: ReadonlySet<string>,
  selectedId: string | null,
): Line[] {
  if (group === 'unknown') return members.map((row) => ({ kind: 'row', row }))
  const kinds = Map.groupBy(members, (row) => row.alike)
  return [...kinds].flatMap(([alike, kind]): Line[] => {
    const lines = kind.map((row): Line => ({ kind: 'row', row }))
    if (kind.length < SHOWN + LEAST_FOLDED) return lines
    const rest = kind.slice(SHOWN)
    const isOpen = opened.has(alike) || rest.some(({ actionId }) => actionId === selectedId)
    const fold: Line = { kind: 'fold', alike, rest, isOpen }
    return [...lines.slice(0, SHOWN), fold, ...(isOpen ? lines.slice(SHOWN) : [])]
  })
}
