import { memo, type ReactNode } from 'react'
import type { EventRow } from '../../../shared/model/views.ts'
import { When } from '../../components/age.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { visibleText } from '../../../shared/visible-text.ts'
import { bytes, OUTCOME_WORDS } from '../../lib/words.ts'

export interface EventRowProps {
  row: EventRow
  index: number
  top: number
  isSelected: boolean
  onSelect: (index: number) => void
}

export const EventRowView = memo(function EventRowView({
  row,
  index,
  top,
  isSelected,
  onSelect,
}: EventRowProps): ReactNode {
  const { word, kind } = OUTCOME_WORDS[row.outcome]
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      className="erow"
      role="row"
      id={`event-${row.id}`}
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      aria-label={`${visibleText(row.schema, 80)}, ${word}, ${visibleText(row.source, 60)}, ${bytes(row.size)}`}
      tabIndex={-1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(index)}
    >
      <span role="gridcell" className="mono muted">
        <When at={row.receivedAt} />
      </span>
      <span role="gridcell" className="ell">
        <Text value={row.schema} max={128} keepsEnd />
      </span>
      <span role="gridcell" className="ell muted">
        <Text value={row.source} max={100} />
      </span>
      <span role="gridcell" className="num muted small">
        {bytes(row.size)}
      </span>
      <span role="gridcell">
        <State kind={kind}>{word}</State>
      </span>
      <span role="gridcell" className="num muted small">
        {row.alertIds.length > 1 ? row.alertIds.length : ''}
      </span>
    </div>
  )
})
