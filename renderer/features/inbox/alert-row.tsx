import { Circle, CircleCheck, CirclePause, Contrast, type LucideIcon } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import type { AlertRow } from '../../../shared/model/views.ts'
import { Icon } from '../../components/icon.tsx'
import { ActionMarks, actionsInWords, SeverityTile } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'
import { age, full, span } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { type Kind, SEVERITIES, TRIAGE_WORDS, VERDICT_WORDS } from '../../lib/words.ts'

/** What the row's one state icon says: what waits for the analyst comes before the triage state. */
function stateOf(row: AlertRow): { word: string; icon: LucideIcon; kind: Kind | null } {
  if (row.waiting && row.triage !== 'closed') return { word: 'Waiting for you', icon: CirclePause, kind: 'wait' }
  if (row.triage === 'new') return { word: TRIAGE_WORDS.new, icon: Circle, kind: null }
  if (row.triage === 'in_progress') return { word: TRIAGE_WORDS.in_progress, icon: Contrast, kind: 'run' }
  const verdict = row.verdict ? `, ${VERDICT_WORDS[row.verdict].toLowerCase()}` : ''
  return { word: `Closed${verdict}`, icon: CircleCheck, kind: 'off' }
}

export interface AlertRowProps {
  row: AlertRow
  index: number
  top: number
  now: number
  isSelected: boolean
  onSelect: (index: number) => void
}

/** One line of the inbox. Its accessible name begins with the title and holds everything the line shows. */
export const AlertRowView = memo(function AlertRowView(props: AlertRowProps): ReactNode {
  const { row, index, top, now, isSelected, onSelect } = props
  const state = stateOf(row)
  const title = defangText(row.title)
  const severity = SEVERITIES[row.severity]
  const observable = defang(row.observable, observableKind(row.observable, ''))
  const marks = actionsInWords(row.actions, row.chainState)
  const name = [
    visibleText(title, 200),
    severity.word,
    state.word,
    visibleText(observable, 100),
    row.occurrences > 1 ? `${row.occurrences} occurrences` : '',
    marks,
    visibleText(row.source, 60),
    `${span(now - row.createdAt)} ago`,
  ]
  const classes = [
    'arow',
    `k-${severity.kind}`,
    row.triage === 'new' ? 'unread' : '',
    row.triage === 'closed' ? 'done' : '',
  ]
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys (aria-activedescendant)
    <div
      role="row"
      id={`alert-${row.id}`}
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      aria-label={name.filter(Boolean).join(', ')}
      className={classes.filter(Boolean).join(' ')}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(index)}
      tabIndex={-1}
    >
      <span className="rail" />
      <span role="gridcell">
        <SeverityTile severity={row.severity} />
      </span>
      <span role="gridcell" className={state.kind ? `flag k-${state.kind}` : 'flag new'} title={state.word}>
        {state.kind ? <Icon of={state.icon} /> : <span className="dot" />}
        <span className="vh">{state.word}</span>
      </span>
      <span role="gridcell" className="age" title={full(row.createdAt)}>
        {age(now - row.createdAt)}
      </span>
      <span role="gridcell" className="t ell" title={visibleText(title, 1000)}>
        <Text value={title} max={300} keepsEnd />
      </span>
      <span role="gridcell" className="obs ell">
        <Text value={observable} max={120} keepsEnd />
      </span>
      <span role="gridcell" className="x">
        {row.occurrences > 1 ? `×${row.occurrences}` : ''}
      </span>
      <span role="gridcell" className="glyphs" title={marks} aria-label={marks}>
        <ActionMarks counts={row.actions} chain={row.chainState} />
      </span>
      <span role="gridcell" className="src ell">
        <Text value={row.source} max={60} />
      </span>
    </div>
  )
})
