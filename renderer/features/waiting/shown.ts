import { useEffect, useRef, useState } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { navigate } from '../../lib/route.ts'
import { forgetDecided, isDecidedHere } from '../approval/decided.ts'

/** What the place shows: a decision that is open, or one that was settled elsewhere while it was shown. */
export interface Shown {
  /** As it was last listed; null when it never was */
  row: WaitingRow | null
  /** The one that was asked for or shown and is open no more; null while `row` is open */
  settledId: string | null
}

/**
 * The decision in front of the analyst. It gives way to the next one only when this window decided it: settled by anybody
 * else it stays, until the analyst moves.
 * @param open the decisions that wait, in the order shown
 * @param selectedId the one in the address
 */
export function useShown(open: readonly WaitingRow[], selectedId: string | null): Shown {
  const [pinnedId, setPinnedId] = useState<string | null>(null)
  const [last, setLast] = useState<{ row: WaitingRow; index: number } | null>(null)
  const wantedId = selectedId ?? pinnedId
  const index = open.findIndex((row) => row.actionId === wantedId)
  const isFree = index < 0 && (wantedId === null || isDecidedHere(wantedId))
  // What was decided here leaves; the one after it takes its turn.
  const next = isFree ? (open[Math.min(last?.index ?? 0, open.length - 1)] ?? null) : null
  const row = open[index] ?? next
  const nextId = next?.actionId ?? null
  useForgetting(open)
  const place = row ? open.indexOf(row) : 0
  if (row && (last?.row !== row || last.index !== place)) setLast({ row, index: place })
  if (isFree && pinnedId !== nextId) setPinnedId(nextId)
  useEffect(() => {
    if (isFree && selectedId !== null) navigate('waiting', nextId, { replace: true })
  }, [isFree, nextId, selectedId])
  if (row || isFree) return { row, settledId: null }
  return { row: last?.row.actionId === wantedId ? last.row : null, settledId: wantedId }
}

/** What comes to wait again is a decision that nobody has made yet. */
function useForgetting(open: readonly WaitingRow[]): void {
  const known = useRef<ReadonlySet<string>>(new Set())
  useEffect(() => {
    for (const { actionId } of open) if (!known.current.has(actionId)) forgetDecided(actionId)
    known.current = new Set(open.map((row) => row.actionId))
  }, [open])
}
