import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { useQuery } from '../../lib/query.ts'
import { Entities } from './entities.tsx'
import { Reactions } from './reactions.tsx'
import { Relations } from './relations.tsx'
import { closeReport } from './report-acts.ts'
import { ReportAlerts } from './report-alerts.tsx'
import { ReportHead } from './report-head.tsx'
import { ReviewHistory } from './review-history.tsx'
import { Timeline } from './timeline.tsx'

const CHANGES = { what: ['reports', 'chains', 'approvals'] } as const

/** The open report: how it is graded and why, its alerts, what was found about what they name, what was done about it. */
export function ReportPane({ id }: { id: string }): ReactNode {
  const { value: detail, error, reload } = useQuery('reports.get', { id }, { what: [...CHANGES.what] })
  return (
    <section className="alert report" aria-label="Report">
      {!detail && (
        <header className="ahead">
          <div className="top">
            <span className="grow" />
            <Button look="ghost" isSmall icon={X} aria-label="Close detail" onClick={closeReport} />
          </div>
        </header>
      )}
      {!detail && !error && <Loading what="the report" />}
      {!detail && error && <Failure error={error} onRetry={reload} />}
      {detail && <OpenReport detail={detail} />}
    </section>
  )
}

function OpenReport({ detail }: { detail: ReportDetail }): ReactNode {
  const [isGraphLarge, setGraphLarge] = useState(false)
  return (
    <>
      <ReportHead detail={detail} />
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
      <div className="scroll" tabIndex={0} role="group" aria-label="Details of the report">
        <div className={isGraphLarge ? 'columns large-graph' : 'columns'}>
          <div className="first">
            <ReportAlerts detail={detail} />
            <Entities detail={detail} />
          </div>
          <div className="side relations-place">
            <Relations detail={detail} isLarge={isGraphLarge} onSize={setGraphLarge} />
          </div>
          <div className="side">
            <ReviewHistory detail={detail} />
            <Reactions detail={detail} />
            <Timeline detail={detail} />
          </div>
        </div>
      </div>
    </>
  )
}
