import { ListFilter } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useRef } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { DeskState } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { on } from '../../lib/bridge.ts'
import { setPreferences, usePreferences } from '../../lib/preferences.ts'
import { navigate } from '../../lib/route.ts'
import { AlertPane } from '../alert/alert-pane.tsx'
import { FirstRun } from '../first-run/first-run.tsx'
import { AlertList } from './alert-list.tsx'
import { Facets } from './facets.tsx'
import { useInboxCommands } from './inbox-commands.ts'
import { useInbox } from './inbox-store.ts'
import { SearchBox } from './search-box.tsx'
import { useWidth } from '../../lib/width.ts'

/** Below this the list leaves the screen while an alert is open; the detail keeps its 560 px. */
const SPLIT_PX = 900
/** Below this facets close while an alert is open. */
const FACETS_PX = 1100

/** Alerts, newest first, and the one that is open. */
export function Inbox({ openId, state }: { openId: string | null; state: DeskState | null }): ReactNode {
  const hasHiddenGuide = usePreferences((preferences) => preferences.hasHiddenGuide)
  if (state?.isFirstRun && !hasHiddenGuide && openId === null) return <FirstRun state={state} />
  return <InboxList openId={openId} />
}

function useLiveList(): void {
  const { reload, refresh } = useInbox()
  useEffect(() => {
    void reload(true)
    return on('changed', ({ what }) => {
      if (what.includes('alerts') || what.includes('chains')) void refresh()
    })
  }, [reload, refresh])
}

function InboxList({ openId }: { openId: string | null }): ReactNode {
  const hasFacets = usePreferences((preferences) => preferences.hasFacets)
  const search = useRef<HTMLInputElement>(null)
  const [frame, width] = useWidth()
  useLiveList()

  const selectId = useInbox((inbox) => inbox.selectId)
  const selectedIndex = useInbox((inbox) => inbox.selectedIndex)
  const isLoading = useInbox((inbox) => inbox.isLoading)
  useEffect(() => {
    if (openId) selectId(openId)
  }, [openId, selectId, isLoading])

  const select = useCallback(
    (index: number) => {
      const row = useInbox.getState().select(index)
      // The open alert follows the selection; a click opens.
      if (row && openId !== null) navigate('inbox', row.id, { replace: true })
      return row
    },
    [openId],
  )
  const clickRow = useCallback((index: number) => {
    const row = useInbox.getState().select(index)
    if (row) navigate('inbox', row.id)
  }, [])
  useInboxCommands({ openId, selectedIndex, select, search })

  const isSplit = openId !== null && width >= SPLIT_PX
  const showsList = openId === null || isSplit
  return (
    <>
      <div className="vhead">
        <h1>Inbox</h1>
        <SearchBox input={search} />
        <span className="grow" />
        <Button
          look="ghost"
          isSmall
          icon={ListFilter}
          keys="f"
          aria-pressed={hasFacets}
          onClick={() => setPreferences({ hasFacets: !hasFacets })}
        >
          Facets
        </Button>
      </div>
      <div className="inbox" ref={frame}>
        {hasFacets && showsList && (openId === null || width >= FACETS_PX) && width >= 560 && <Facets />}
        <Group orientation="horizontal" className="panes">
          {showsList && (
            <Panel id="list" minSize={320}>
              <div className="list">
                <AlertList onSelect={openId === null ? clickRow : select} />
              </div>
            </Panel>
          )}
          {isSplit && <Separator className="divider" aria-label="Width of the alert" />}
          {openId !== null && (
            <Panel id="alert" minSize={showsList ? 480 : 0} defaultSize={568} groupResizeBehavior="preserve-pixel-size">
              <AlertPane key={openId} id={openId} />
            </Panel>
          )}
        </Group>
      </div>
    </>
  )
}
