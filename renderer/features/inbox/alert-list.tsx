import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { Failure, Loading } from '../../components/failure.tsx'
import { useNow } from '../../lib/time.ts'
import { AlertRowView } from './alert-row.tsx'
import { NothingFound } from './inbox-empty.tsx'
import { useInbox } from './inbox-store.ts'
import { rowAt } from './pages.ts'

const ROW_PX = 32
/** With the 35 rows of a tall window this stays under the 60 mounted rows that the design allows. */
const OVERSCAN = 6
/** Rows that PageUp and PageDown move by. */
const LEAP = 20

const MOVES: Record<string, (index: number, total: number) => number> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index) => index + LEAP,
  PageUp: (index) => index - LEAP,
  Home: () => 0,
  End: (_index, total) => total - 1,
}

export interface AlertListProps {
  /** By key: selects */
  onMove: (index: number) => void
  /** By mouse: selects and opens */
  onClick: (index: number) => void
}

/** The grid of alerts: only the rows in sight are mounted, and none moves by itself. */
export function AlertList({ onMove, onClick }: AlertListProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const now = useNow()
  const { pages, total, selectedIndex, selectedRow, isLoading, error, showRange, reload } = useInbox()
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => showRange(first, last), [first, last, total, pages, showRange])

  const { scrollToIndex } = virtual
  useEffect(() => {
    if (selectedIndex >= 0) scrollToIndex(selectedIndex, { align: 'auto' })
  }, [selectedIndex, scrollToIndex])

  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    onMove(move(selectedIndex, total))
  }
  const setIdle = () =>
    useInbox.setState({ isIdle: (scroller.current?.scrollTop ?? 0) < ROW_PX && !scroller.current?.matches(':hover') })
  const isMounted = items.some((item) => item.index === selectedIndex)
  const selected = selectedRow === null ? null : rowAt(pages, selectedIndex)
  if (error && total === 0) return <Failure error={error} onRetry={() => void reload()} />
  return (
    <div
      ref={scroller}
      className="rows"
      role="grid"
      aria-label="Inbox"
      aria-rowcount={total}
      aria-busy={isLoading}
      aria-activedescendant={isMounted && selected ? `alert-${selected.id}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={setIdle}
      onPointerEnter={setIdle}
      onPointerLeave={setIdle}
    >
      {total === 0 ? (
        <div role="row">
          <div role="gridcell">{isLoading ? <Loading what="alerts" /> : <NothingFound />}</div>
        </div>
      ) : (
        <div className="space" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rowAt(pages, item.index)
            if (!row) return <BlankRow key={`blank-${item.index}`} index={item.index} top={item.start} />
            return (
              <AlertRowView
                key={row.rowId}
                row={row}
                index={item.index}
                top={item.start}
                now={now}
                isSelected={row.rowId === selectedRow}
                onSelect={onClick}
              />
            )
          })}
        </div>
      )}
    </div>
  )
}

/** A row whose page is on its way. */
function BlankRow({ index, top }: { index: number; top: number }): ReactNode {
  return (
    <div
      role="row"
      className="arow blank"
      aria-rowindex={index + 1}
      aria-label="Reading"
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell">
        <span className="vh">Reading</span>
      </span>
    </div>
  )
}
