import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { Irreversible } from '../../components/irreversible.tsx'
import { SeverityTile, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { full, span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { SEVERITIES } from '../../lib/words.ts'
import { Icon } from '../../components/icon.tsx'
import type { Chosen } from './chosen.ts'
import { GROUP_TITLES, groupOf } from './groups.ts'
import type { Line } from './queue-lines.ts'

/** Estimates; each line tells its true height once it is mounted. */
const HEIGHTS: Record<Line['kind'], number> = { group: 32, row: 57, fold: 32 }
const OVERSCAN = 6

export interface QueueProps {
  lines: readonly Line[]
  /** Decided while the pointer was on the list: they keep their place, dimmed */
  gone: ReadonlySet<string>
  chosen: Chosen
  selectedId: string | null
  onMove: (to: 'next' | 'previous' | 'first' | 'last' | WaitingRow) => void
  onFold: (alike: string) => void
}

/** The queue of decisions in groups: only the lines in sight are mounted. */
export function Queue({ lines, gone, chosen, selectedId, onMove, onFold }: QueueProps): ReactNode {
  const now = useNow()
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => HEIGHTS[lines[index]?.kind ?? 'row'],
    getItemKey: (index) => keyOf(lines[index]),
    overscan: OVERSCAN,
  })
  const at = lines.findIndex((line) => line.kind === 'row' && line.row.actionId === selectedId)
  const { scrollToIndex } = virtual
  // Only a move of the selection moves the list, not what comes and goes above it.
  const place = useRef(at)
  useLayoutEffect(() => {
    place.current = at
  })
  useEffect(() => {
    if (selectedId !== null && place.current >= 0) scrollToIndex(place.current, { align: 'auto' })
  }, [selectedId, scrollToIndex])
  const onKeyDown = (event: KeyboardEvent) => {
    const to = MOVES[event.key]
    if (!to) return
    event.preventDefault()
    onMove(to)
  }
  const items = virtual.getVirtualItems()
  const isMounted = items.some((item) => item.index === at)
  return (
    <div
      ref={scroller}
      className="queue rows"
      role="grid"
      aria-label="Decisions"
      aria-rowcount={lines.length}
      tabIndex={0}
      aria-activedescendant={isMounted && selectedId ? `decision-${selectedId}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div className="space" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const line = lines[item.index]
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="presentation"
              className="line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {line?.kind === 'group' && (
                <div className="gh" role="row">
                  <b role="rowheader">{GROUP_TITLES[line.group]}</b>
                  <span role="gridcell">{line.count}</span>
                </div>
              )}
              {line?.kind === 'fold' && <FoldRow line={line} onFold={() => onFold(line.alike)} />}
              {line?.kind === 'row' && (
                <QueueRow
                  row={line.row}
                  isGone={gone.has(line.row.actionId)}
                  isSelected={line.row.actionId === selectedId}
                  isChosen={chosen.ids.has(line.row.actionId)}
                  now={now}
                  onSelect={() => onMove(line.row)}
                  onChoose={() => chosen.toggle(line.row)}
                />
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

const MOVES: Record<string, 'next' | 'previous' | 'first' | 'last'> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
}

function keyOf(line: Line | undefined): string {
  if (line?.kind === 'group') return `group ${line.group}`
  return line?.kind === 'row' ? line.row.actionId : `fold ${line?.alike} ${line?.rest[0]?.actionId}`
}

function FoldRow({ line, onFold }: { line: Extract<Line, { kind: 'fold' }>; onFold: () => void }): ReactNode {
  const [first] = line.rest
  return (
    <div className="gh more" role="row">
      <span role="gridcell" className="row ell">
        <button type="button" className="fold" tabIndex={-1} aria-expanded={line.isOpen} onClick={onFold}>
          <Icon of={line.isOpen ? ChevronDown : ChevronRight} />
          <span>
            <b>{line.rest.length.toLocaleString('en-US')}</b> like this
          </span>
        </button>
        <span className="mono muted ell">
          <Text value={first?.uses ?? ''} max={60} /> {visibleText(first?.place ?? '', 80)}
        </span>
      </span>
    </div>
  )
}

interface QueueRowProps {
  row: WaitingRow
  isGone: boolean
  isSelected: boolean
  isChosen: boolean
  now: number
  onSelect: () => void
  onChoose: () => void
}

function QueueRow({ row, isGone, isSelected, isChosen, now, onSelect, onChoose }: QueueRowProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      className={`wrow k-${SEVERITIES[row.severity].kind}`}
      role="row"
      id={`decision-${row.actionId}`}
      aria-selected={isSelected}
      aria-label={`${actText(row)}, ${visibleText(row.uses, 60)}, ${row.isIrreversible ? 'irreversible, ' : ''}${visibleText(row.alertTitle, 120)}`}
      tabIndex={-1}
      onClick={onSelect}
    >
      <span className="rail" />
      <span role="gridcell" className="choice">
        {row.kind === 'approval' && !isGone && (
          <input
            type="checkbox"
            className="box"
            tabIndex={-1}
            aria-label={`Choose ${actText(row)}`}
            checked={isChosen}
            onClick={(event) => event.stopPropagation()}
            onChange={onChoose}
          />
        )}
        <SeverityTile severity={row.severity} />
      </span>
      <div role="gridcell" className="ell">
        <div className="titles">
          <span className={isGone ? 'muted was ell' : 't ell'}>
            <ActName act={row} keepsEnd />
          </span>
          <OwnTitle act={row} keepsEnd />
          <Target act={row} keepsEnd />
          <code className="muted">
            <Text value={row.uses} max={60} />
          </code>
          {row.isIrreversible && <Irreversible />}
        </div>
        <div className="small muted ell">
          <Text value={row.sentence} max={240} />
        </div>
      </div>
      <div role="gridcell" className="ell because">
        <Text value={row.alertTitle} max={160} />
        <div className="mono muted ell">{visibleText(row.place, 80)}</div>
      </div>
      <div role="gridcell" className="left">
        {isGone ? <span className="muted">decided</span> : <Left row={row} now={now} />}
      </div>
    </div>
  )
}

function Left({ row, now }: { row: WaitingRow; now: number }): ReactNode {
  if (row.expiresAt === null) return <span className="muted">{row.kind === 'unknown' ? 'no expiry' : ''}</span>
  const share = Math.max(0, Math.min(1, (row.expiresAt - now) / Math.max(1, row.expiresAt - row.createdAt)))
  const isSoon = groupOf(row, now) === 'soon'
  return (
    <>
      {row.isStale ? (
        <State kind="stale">Stale</State>
      ) : (
        <span className={isSoon ? 'c-medium' : 'muted'} title={full(row.expiresAt)}>
          {span(row.expiresAt - now)} left
        </span>
      )}
      <div className={isSoon ? 'bar k-stale' : 'bar k-off'} aria-hidden="true">
        <i style={{ width: `${share * 100}%` }} />
      </div>
    </>
  )
}
