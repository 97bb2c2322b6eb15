import { type LucideIcon, Megaphone, ScanSearch, ShieldQuestionMark, TriangleAlert } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { When } from '../../components/age.tsx'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'
import { defangText } from '../../lib/defang.ts'
import { type TimelineLine, timelineLines } from './timeline-lines.ts'

/** Moments shown at first. */
const FIRST = 12

const ICONS = {
  alert: TriangleAlert,
  finding: ScanSearch,
  review: ShieldQuestionMark,
  emission: Megaphone,
} as const satisfies Record<TimelineLine['kind'], LucideIcon>

/** What happened to the report, by time. */
export function Timeline({ detail }: { detail: ReportDetail }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const lines = useMemo(() => timelineLines(detail), [detail])
  const shown = isWhole ? lines : lines.slice(0, FIRST)
  return (
    <section className="sect" aria-label="Timeline">
      <header>
        <h3>Timeline</h3>
      </header>
      <ol className="rev timeline">
        {shown.map(({ key, at, kind, who, text }) => (
          <li key={key}>
            <span className="disc k-off">
              <Icon of={ICONS[kind]} />
            </span>
            <p className="small">
              <span className="muted">
                <When at={at} />
              </span>{' '}
              <span className="strong">
                <Text value={who} max={60} />
              </span>{' '}
              <Text value={defangText(text)} max={200} />
            </p>
          </li>
        ))}
      </ol>
      {shown.length < lines.length && (
        <button type="button" className="link small" onClick={() => setWhole(true)}>
          Show all {lines.length.toLocaleString('en-US')}
        </button>
      )}
    </section>
  )
}
