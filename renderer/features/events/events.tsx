import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { eventOutcome } from '../../../shared/model/states.ts'
import { Empty, Failure, Loading } from '../../components/failure.tsx'
import { NewsPill } from '../../components/news-pill.tsx'
import { on } from '../../lib/bridge.ts'
import { useCommands } from '../../lib/commands.ts'
import { focusList } from '../../lib/focus-list.ts'
import { navigate } from '../../lib/route.ts'
import { count, OUTCOME_WORDS } from '../../lib/words.ts'
import { useWidth } from '../../lib/width.ts'
import { EventDetail } from './event-detail.tsx'
import { EventRowView } from './event-row.tsx'
import { useEvents } from './event-store.ts'

const ROW_PX = 32
const OVERSCAN = 6
const SPLIT_PX = 880

/** Everything the receiver took in, with what became of it. */
export function Events({ openId }: { openId: string | null }): ReactNode {
  const [frame, width] = useWidth()
  const { reload, refresh, outcomes, setOutcomes, newCount } = useEvents()
  useEffect(() => {
    void reload()
    return on('changed', ({ what }) => {
      if (what.includes('events')) void refresh()
    })
  }, [reload, refresh])
  const isSplit = width >= SPLIT_PX
  return (
    <>
      <div className="vhead">
        <h1>Events</h1>
        <span className="small muted ell">Stored as received, before anything was decided.</span>
        {newCount > 0 && <NewsPill onShow={() => void reload()}>{count(newCount, 'new event')}</NewsPill>}
        <span className="grow" />
        <span className="seg" role="group" aria-label="Outcome">
          <button type="button" aria-pressed={outcomes.length === 0} onClick={() => setOutcomes([])}>
            All
          </button>
          {eventOutcome.options.map((outcome) => (
            <button
              key={outcome}
              type="button"
              aria-pressed={outcomes.includes(outcome)}
              onClick={() => setOutcomes(outcomes.includes(outcome) ? [] : [outcome])}
            >
              {OUTCOME_WORDS[outcome].word}
            </button>
          ))}
        </span>
      </div>
      <div className="inbox" ref={frame}>
        <Group orientation="horizontal" className="panes">
          {(isSplit || openId === null) && (
            <Panel id="events" minSize={360}>
              <EventList openId={openId} />
            </Panel>
          )}
          {isSplit && openId !== null && <Separator className="divider" aria-label="Width of the event" />}
          {openId !== null && (
            <Panel id="event" minSize={isSplit ? 360 : 0} defaultSize={520} groupResizeBehavior="preserve-pixel-size">
              <EventDetail key={openId} id={openId} />
            </Panel>
          )}
        </Group>
      </div>
    </>
  )
}

function EventList({ openId }: { openId: string | null }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null)
  const { rows, total, isLoading, error, showUpTo, reload } = useEvents()
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => void showUpTo(last), [last, rows.length, showUpTo])
  const selected = rows.findIndex((row) => row.id === openId)
  const { scrollToIndex } = virtual
  useEffect(() => {
    if (selected >= 0) scrollToIndex(selected, { align: 'auto' })
  }, [selected, scrollToIndex])
  const move = (to: number) => {
    focusList()
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))]
    if (row) navigate('events', row.id, { replace: openId !== null })
  }
  useCommands([
    { id: 'next', title: 'Next event', group: 'List', keys: ['j', 'ArrowDown'], run: () => move(selected + 1) },
    { id: 'previous', title: 'Previous event', group: 'List', keys: ['k', 'ArrowUp'], run: () => move(selected - 1) },
    { id: 'close', title: 'Close the event', group: 'List', keys: ['Escape'], run: () => navigate('events') },
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }
    const step = steps[event.key]
    if (!step) return
    event.preventDefault()
    move(selected + step)
  }
  if (error && rows.length === 0) return <Failure error={error} onRetry={() => void reload()} />
  return (
    <div className="list">
      <div className="erow head" aria-hidden="true">
        <span>Received</span>
        <span>Schema</span>
        <span>Source</span>
        <span className="num">Size</span>
        <span>Outcome</span>
        <span />
      </div>
      <div
        ref={scroller}
        className="rows"
        role="grid"
        aria-label="Events"
        aria-rowcount={total}
        aria-activedescendant={items.some((item) => item.index === selected) ? `event-${openId}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {total === 0 ? (
          <div role="row">
            <div role="gridcell">{isLoading ? <Loading what="events" /> : <NoEvents />}</div>
          </div>
        ) : (
          <div className="space" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index]
              if (!row) return null
              return (
                <EventRowView
                  key={row.id}
                  row={row}
                  index={item.index}
                  top={item.start}
                  isSelected={row.id === openId}
                  onSelect={move}
                />
              )
            })}
          </div>
        )}
      </div>
    </div>
  )
}

function NoEvents(): ReactNode {
  return (
    <Empty title="No event">
      <p>
        What a detector sends to the receiver is stored here first, byte for byte, whether or not it becomes an alert.
      </p>
    </Empty>
  )
}
