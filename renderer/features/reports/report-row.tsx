import { memo, type ReactNode } from 'react'
import type { ReportRow } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { When } from '../../components/age.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { defangText } from '../../lib/defang.ts'
import { count } from '../../lib/words.ts'
import { graderOf, pendingWords, signOf } from './report-words.ts'

export interface ReportRowProps {
  row: ReportRow
  index: number
  top: number
  isSelected: boolean
  onSelect: (index: number) => void
}

/** One report in the list, two lines: what it is and how it is graded; where it is from and when it was last seen. */
export const ReportRowView = memo(function ReportRowView(props: ReportRowProps): ReactNode {
  const { row, index, top, isSelected, onSelect } = props
  const sign = signOf(row)
  const title = defangText(row.title)
  const by = graderOf(row)
  const waits = row.waiting > 0 ? `${row.waiting.toLocaleString('en-US')} waiting` : ''
  const pending = row.severity === null ? '' : pendingWords(row)
  const name = [
    visibleText(title, 200),
    sign.word,
    by === '' ? '' : `graded by ${by}`,
    pending,
    visibleText(row.detector, 60),
    count(row.alertCount, 'alert'),
    visibleText(row.alertKey, 100),
    waits,
  ]
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      role="row"
      id={`report-${row.id}`}
      className="rr"
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      aria-label={name.filter(Boolean).join(', ')}
      style={{ transform: `translateY(${top}px)` }}
      tabIndex={-1}
      onClick={() => onSelect(index)}
    >
      <span role="gridcell" className="t ell" title={visibleText(title, 1000)}>
        <Text value={title} max={300} keepsEnd />
      </span>
      <span role="gridcell" className="from">
        <Text value={row.detector} max={60} />
        <span>{count(row.alertCount, 'alert')}</span>
        <span className="ell mono">
          <Text value={row.alertKey} max={120} keepsEnd />
        </span>
      </span>
      <span role="gridcell" className="grade">
        <State kind={sign.kind} icon={sign.icon}>
          {sign.word}
        </State>
      </span>
      <span role="gridcell" className="end">
        {waits !== '' && <span className="c-needs">{waits}</span>}
        {pending !== '' && <span className="pending">{pending}</span>}
        {by !== '' && <span className={`by ${row.gradedBy}`}>by {by}</span>}
        <When at={row.lastAt} />
      </span>
    </div>
  )
})
