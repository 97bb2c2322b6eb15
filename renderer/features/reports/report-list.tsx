import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { Button } from '../../components/button.tsx'
import { Empty, Failure, Loading } from '../../components/failure.tsx'
import { ReportRowView } from './report-row.tsx'
import { EVERY_REPORT, placeOf, reportAt, useReports } from './report-store.ts'

const ROW_PX = 52
const OVERSCAN = 6
/** Rows that PageUp and PageDown move by. */
const LEAP = 12

const MOVES: Record<string, (index: number, total: number) => number> = {
  ArrowDown: (index) => index + 1,
  ArrowUp: (index) => index - 1,
  PageDown: (index) => index + LEAP,
  PageUp: (index) => index - LEAP,
  Home: () => 0,
  End: (_index, total) => total - 1,
}

export interface ReportListProps {
  /** By key: selects */
  onMove: (index: number) => void
  /** By mouse: selects and opens */
  onClick: (index: number) => void
}

/** The grid of reports: only the rows in sight are mounted, and none moves by itself. */
export function ReportList({ onMove, onClick }: ReportListProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const { pages, total, selectedId, isLoading, error, showRange, reload } = useReports()
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

  const selected = placeOf(pages, selectedId)
  const { scrollToIndex } = virtual
  useEffect(() => {
    if (selected >= 0) scrollToIndex(selected, { align: 'auto' })
  }, [selected, scrollToIndex])

  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    onMove(move(selected, total))
  }
  if (error && total === 0) return <Failure error={error} onRetry={() => void reload()} />
  const isMounted = items.some((item) => item.index === selected)
  return (
    <div className="list">
      <div
        ref={scroller}
        className="rows"
        role="grid"
        aria-label="Reports"
        aria-rowcount={total}
        aria-busy={isLoading}
        aria-activedescendant={isMounted ? `report-${selectedId}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {total === 0 ? (
          <div role="row">
            <div role="gridcell">{isLoading ? <Loading what="reports" /> : <NoReports />}</div>
          </div>
        ) : (
          <div className="space" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const row = reportAt(pages, index)
              if (!row) return <BlankRow key={`blank-${index}`} index={index} top={start} />
              return (
                <ReportRowView
                  key={index}
                  row={row}
                  index={index}
                  top={start}
                  isSelected={row.id === selectedId}
                  onSelect={onClick}
                />
              )
            })}
          </div>
        )}
      </div>
    </div>
  )
}

/** A row whose page is on its way. */
function BlankRow({ index, top }: { index: number; top: number }): ReactNode {
  return (
    <div
      role="row"
      className="rr blank"
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

function NoReports(): ReactNode {
  const { filter, setFilter } = useReports()
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(EVERY_REPORT)
  if (isFiltered) {
    return (
      <Empty title="No report matches">
        <p>Search looks at titles, detectors, rules and keys.</p>
        <p>
          <Button onClick={() => void setFilter(EVERY_REPORT)}>Show all reports</Button>
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="No report yet">
      <p>
        Alerts of one cause gather here in one report: same detector, rule and key within the window. What they name is
        looked up, and the review policy grades the whole. The first alert opens the first report.
      </p>
    </Empty>
  )
}
