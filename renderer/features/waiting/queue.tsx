import { Fragment, type KeyboardEvent, type ReactNode } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { SeverityTile, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { full, span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { SEVERITIES } from '../../lib/words.ts'
import { GROUP_TITLES, groupOf } from './groups.ts'

export interface QueueProps {
  rows: readonly WaitingRow[]
  /** Decided while the pointer was on the list: they keep their place, dimmed */
  gone: ReadonlySet<string>
  selectedId: string | null
  onMove: (index: number) => void
}

/** The queue of decisions in groups. */
export function Queue({ rows, gone, selectedId, onMove }: QueueProps): ReactNode {
  const now = useNow()
  const index = rows.findIndex((row) => row.actionId === selectedId)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') onMove(index + 1)
    else if (event.key === 'ArrowUp') onMove(index - 1)
    else if (event.key === 'Home') onMove(0)
    else if (event.key === 'End') onMove(rows.length - 1)
    else return
    event.preventDefault()
  }
  return (
    <div
      className="queue rows"
      role="grid"
      aria-label="Decisions"
      tabIndex={0}
      aria-activedescendant={selectedId ? `decision-${selectedId}` : undefined}
      onKeyDown={onKeyDown}
    >
      {rows.map((row, at) => {
        const group = groupOf(row, now)
        const previous = rows[at - 1]
        const isFirst = !previous || groupOf(previous, now) !== group
        return (
          <Fragment key={row.actionId}>
            {isFirst && (
              <div className="gh" role="row">
                <b role="rowheader">{GROUP_TITLES[group]}</b>
                <span role="gridcell">{rows.filter((each) => groupOf(each, now) === group).length}</span>
              </div>
            )}
            <QueueRow
              row={row}
              isGone={gone.has(row.actionId)}
              isSelected={row.actionId === selectedId}
              now={now}
              onSelect={() => onMove(at)}
            />
          </Fragment>
        )
      })}
    </div>
  )
}

interface QueueRowProps {
  row: WaitingRow
  isGone: boolean
  isSelected: boolean
  now: number
  onSelect: () => void
}

function QueueRow({ row, isGone, isSelected, now, onSelect }: QueueRowProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      className={`wrow k-${SEVERITIES[row.severity].kind}`}
      role="row"
      id={`decision-${row.actionId}`}
      aria-selected={isSelected}
      aria-label={`${actText(row)}, ${visibleText(row.uses, 60)}, ${visibleText(row.alertTitle, 120)}`}
      tabIndex={-1}
      onClick={onSelect}
    >
      <span className="rail" />
      <span role="gridcell">
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
