import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { EntityView, FindingView } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { When } from '../../components/age.tsx'
import { EntityChip } from '../../components/entity-chip.tsx'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'
import { defangText } from '../../lib/defang.ts'
import { ContentDetails } from './content-details.tsx'
import { Inspections } from './inspections.tsx'
import { showAlertsWith, showReportsWith } from './report-acts.ts'
import { SeenBefore } from './seen-before.tsx'

/** One entity: what it is, what was found about it and by whom, and where else it was seen. */
export function EntityCard({ entity }: { entity: EntityView }): ReactNode {
  const { hash, type, key, value, context, broughtUpBy, findings } = entity
  return (
    <article id={`entity-${hash}`} className="ent" aria-label={visibleText(value, 120)} tabIndex={-1}>
      <div className="who">
        <EntityChip value={value} type={`${type} ${key}`} />
        <p className="small muted">
          <Text value={[type, key === type ? '' : key, ...context].filter(Boolean).join(', ')} max={160} />
        </p>
        {broughtUpBy !== null && (
          <p className="small muted">
            brought up by <Text value={broughtUpBy} max={60} />
          </p>
        )}
        <p className="pivots">
          <button
            type="button"
            className="link small"
            aria-label="Show alerts with this value"
            onClick={() => showAlertsWith(value)}
          >
            Show alerts
          </button>
          <button
            type="button"
            className="link small"
            aria-label="Show reports with this value"
            onClick={() => showReportsWith(value)}
          >
            Show reports
          </button>
        </p>
      </div>
      <div className="found">
        {findings.map((finding) => (
          <Finding key={finding.id} finding={finding} about={value} />
        ))}
        <Inspections entity={entity} />
        <SeenBefore seen={entity.seenBefore} />
      </div>
    </article>
  )
}

function Finding({ finding, about }: { finding: FindingView; about: string }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { author, summary, type, at } = finding
  return (
    <>
      <div className="fd">
        <span className="au ell" title={visibleText(author, 100)}>
          <Text value={author} max={60} />
        </span>
        <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon of={isOpen ? ChevronDown : ChevronRight} size={12} />
          <Text value={summary === '' ? `found as ${type}` : defangText(summary)} max={300} />
        </button>
        <span className="w">
          <When at={at} />
        </span>
      </div>
      {isOpen && (
        <div className="below">
          <ContentDetails finding={finding} about={visibleText(about, 60)} />
        </div>
      )}
    </>
  )
}
