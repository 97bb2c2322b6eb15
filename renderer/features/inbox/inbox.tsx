import { ListFilter } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { DeskState } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { NewsPill } from '../../components/news-pill.tsx'
import { on } from '../../lib/bridge.ts'
import { scrollListToTop } from '../../lib/focus-list.ts'
import { setPreferences, usePreferences } from '../../lib/preferences.ts'
import { navigate } from '../../lib/route.ts'
import { count } from '../../lib/words.ts'
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
/** Below this they take the list's place, when they are asked for. */
const FACETS_BESIDE_PX = 720

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

function isOpenNow(): boolean {
  return /^#\/inbox\/./.test(window.location.hash)
}

function InboxList({ openId }: { openId: string | null }): ReactNode {
  const hasFacets = usePreferences((preferences) => preferences.hasFacets)
  const [isFiltering, setFiltering] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const [frame, width] = useWidth()
  useLiveList()

  const selectOpen = useInbox((inbox) => inbox.selectOpen)
  const opened = useInbox((inbox) => inbox.opened)
  const selectedIndex = useInbox((inbox) => inbox.selectedIndex)
  const isLoading = useInbox((inbox) => inbox.isLoading)
  useEffect(() => {
    if (openId) selectOpen(openId)
  }, [openId, opened, selectOpen, isLoading])

  // With an open alert the selection is what is open; without one, a click opens and keys only select.
  const select = useCallback((index: number, opens: boolean) => {
    void useInbox
      .getState()
      .select(index)
      .then((row) => row && opens && navigate('inbox', row.id, { replace: isOpenNow() }))
  }, [])
  const move = useCallback((index: number) => select(index, isOpenNow()), [select])
  const click = useCallback((index: number) => select(index, true), [select])
  const toggleFacets = () =>
    width >= FACETS_BESIDE_PX ? setPreferences({ hasFacets: !hasFacets }) : setFiltering(!isFiltering)
  useInboxCommands({ openId, selectedIndex, select: move, search, toggleFacets })

  const isSplit = openId !== null && width >= SPLIT_PX
  const showsList = openId === null || isSplit
  const canShowFacets = openId === null || width >= FACETS_PX
  const areBeside = width >= FACETS_BESIDE_PX
  const showsFacets = canShowFacets && (areBeside ? hasFacets : isFiltering)
  return (
    <>
      <div className="vhead">
        <h1>Inbox</h1>
        <SearchBox input={search} />
        <News />
        <span className="grow" />
        {canShowFacets && (
          <Button look="ghost" isSmall icon={ListFilter} keys="f" aria-pressed={showsFacets} onClick={toggleFacets}>
            Facets
          </Button>
        )}
      </div>
      <div className="inbox" ref={frame}>
        {showsFacets && <Facets />}
        <Group orientation="horizontal" className={showsFacets && !areBeside ? 'panes behind' : 'panes'}>
          {showsList && (
            <Panel id="list" minSize={320}>
              <div className="list">
                <AlertList onMove={move} onClick={click} />
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

function News(): ReactNode {
  const { newCount, isShifted, reload } = useInbox()
  if (newCount === 0 && !isShifted) return null
  const show = async () => {
    await reload(true)
    scrollListToTop()
  }
  return (
    <NewsPill onShow={() => void show()}>
      {newCount > 0 ? `${count(newCount, 'row')} with new alerts` : 'The list has changed'}
    </NewsPill>
  )
}
