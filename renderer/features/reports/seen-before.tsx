import type { ReactNode } from 'react'
import type { SeenBefore as Seen } from '../../../shared/model/report.ts'
import { Age } from '../../components/age.tsx'
import { Icon } from '../../components/icon.tsx'
import { count } from '../../lib/words.ts'
import { GRADES } from './report-words.ts'

/** What this desk knows of the same value from before: alerts, other reports and their grades. */
export function SeenBefore({ seen }: { seen: Seen }): ReactNode {
  const { alerts, reports, lastAt, grades } = seen
  if (alerts === 0 && reports === 0) return <p className="seen-line muted">First seen here.</p>
  return (
    <p className="seen-line muted">
      Seen before: {count(alerts, 'alert')}, {count(reports, 'other report')}
      {grades.map(({ severity, count: number }) => {
        const { icon, kind, word } = GRADES[severity]
        return (
          <span key={severity} className={`state k-${kind}`}>
            <Icon of={icon} size={12} />
            {number.toLocaleString('en-US')} {word}
          </span>
        )
      })}
      {lastAt !== null && (
        <span>
          last <Age at={lastAt} isLong /> ago
        </span>
      )}
    </p>
  )
}
