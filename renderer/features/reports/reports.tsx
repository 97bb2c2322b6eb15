import { type ReactNode, useCallback, useEffect, useRef } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { NewsPill } from '../../components/news-pill.tsx'
import { on } from '../../lib/bridge.ts'
import { useCommands } from '../../lib/commands.ts'
import { focusList, scrollListToTop } from '../../lib/focus-list.ts'
import { navigate } from '../../lib/route.ts'
import { useWidth } from '../../lib/width.ts'
import { count } from '../../lib/words.ts'
import { closeReport, isReportOpen } from './report-acts.ts'
import { ReportList } from './report-list.tsx'
import { ReportPane } from './report-pane.tsx'
import { GradeFilter, ReportSearch } from './report-search.tsx'
import { placeOf, useReports } from './report-store.ts'

/** Below this the list leaves the screen while a report is open. */
const SPLIT_PX = 880

/** Alerts of one cause, gathered: one row per report, and the one that is open. */
export function Reports({ openId }: { openId: string | null }): ReactNode {
  const [frame, width] = useWidth()
  const search = useRef<HTMLInputElement>(null)
  const { reload, refresh, select } = useReports()
  useEffect(() => {
    void reload()
    return on('changed', ({ what }) => {
      if (what.includes('reports') || what.includes('approvals')) void refresh()
    })
  }, [reload, refresh])
  useEffect(() => {
    if (openId) select(openId)
  }, [openId, select])

  // With an open report the selection is what is open; without one, a click opens and keys only select.
  const go = useCallback((index: number, opens: boolean) => {
    const { rowAt, select: choose } = useReports.getState()
    void rowAt(index).then((row) => {
      if (!row) return
      choose(row.id)
      if (opens) navigate('reports', row.id, { replace: isReportOpen() })
    })
  }, [])
  const move = useCallback((index: number) => go(index, isReportOpen()), [go])
  const click = useCallback((index: number) => go(index, true), [go])
  useListCommands(move, search)

  const isSplit = openId !== null && width >= SPLIT_PX
  return (
    <>
      <div className="vhead">
        <h1>Reports</h1>
        <ReportSearch input={search} />
        <News />
        <span className="grow" />
        <GradeFilter />
      </div>
      <div className="inbox reports" ref={frame}>
        <Group orientation="horizontal" className="panes">
          {(openId === null || isSplit) && (
            <Panel
              id="reports"
              minSize={240}
              {...(isSplit ? { defaultSize: 320, groupResizeBehavior: 'preserve-pixel-size' as const } : {})}
            >
              <ReportList onMove={move} onClick={click} />
            </Panel>
          )}
          {isSplit && <Separator className="divider" aria-label="Width of the list" />}
          {openId !== null && (
            <Panel id="report" minSize={isSplit ? 480 : 0}>
              <ReportPane key={openId} id={openId} />
            </Panel>
          )}
        </Group>
      </div>
    </>
  )
}

function useListCommands(move: (index: number) => void, search: { current: HTMLInputElement | null }): void {
  const step = (by: number) => {
    focusList()
    const { pages, selectedId } = useReports.getState()
    move(placeOf(pages, selectedId) + by)
  }
  const open = () => {
    const { selectedId } = useReports.getState()
    if (selectedId !== null) navigate('reports', selectedId)
  }
  useCommands([
    { id: 'next', title: 'Next report', group: 'List', keys: ['j', 'ArrowDown'], run: () => step(1) },
    { id: 'previous', title: 'Previous report', group: 'List', keys: ['k', 'ArrowUp'], run: () => step(-1) },
    { id: 'open', title: 'Open the report', group: 'List', keys: ['Enter'], run: open },
    { id: 'close', title: 'Close the report', group: 'List', keys: ['Escape'], run: closeReport },
    { id: 'search', title: 'Search reports', group: 'List', keys: ['/'], run: () => search.current?.focus() },
  ])
}

function News(): ReactNode {
  const { newCount, isShifted, reload } = useReports()
  if (newCount === 0 && !isShifted) return null
  const show = async () => {
    await reload()
    scrollListToTop()
  }
  return (
    <NewsPill onShow={() => void show()}>
      {newCount > 0 ? count(newCount, 'new report') : 'The list has changed'}
    </NewsPill>
  )
}
