import type { ReactNode } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Chip } from '../../components/chip.tsx'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { ActionStateWord, SeverityTile } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { defangText } from '../../lib/defang.ts'
import { useQuery } from '../../lib/query.ts'
import { href, navigate } from '../../lib/route.ts'
import { ApprovalCard } from '../approval/approval-card.tsx'
import { UnknownAnswers } from '../chain/unknown-answers.tsx'

/** Attributes shown beside a decision: enough to recognise the alert. */
const FIRST_ATTRIBUTES = 6

/** One decision, with enough of its alert to make it. */
export function WaitingDetail({ row }: { row: WaitingRow }): ReactNode {
  const { value: alert } = useQuery(
    'alerts.get',
    { id: row.alertId },
    { what: ['alerts', 'chains'], alertId: row.alertId },
  )
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <div className="wdet" role="region" aria-label="Decision" tabIndex={0}>
      {row.kind === 'approval' ? (
        <ApprovalCard actionId={row.actionId} label={row.label} policyVersionId={row.policyVersionId} level={2} />
      ) : (
        <div className="ahead">
          <div className="top">
            <h2 className="grow">
              <ActName act={row} max={160} />
            </h2>
            <ActionStateWord state="unknown" hasIcon />
          </div>
          <p className="what">
            <OwnTitle act={row} max={300} />
            <Target act={row} max={400} />
          </p>
          <p className="muted">
            <Text value={row.sentence} />
          </p>
          <UnknownAnswers actionId={row.actionId} chainId={row.chainId} act={row} />
        </div>
      )}
      <section className="sect" aria-label={row.reportId === null ? 'Its alert' : 'The last alert of its report'}>
        <header>
          <SeverityTile severity={row.severity} />
          <h3 className="ell grow">
            <Text value={defangText(row.alertTitle)} max={200} />
          </h3>
          {row.reportId !== null && (
            <a className="link small" href={href('reports', row.reportId)}>
              Open report
            </a>
          )}
          <Button look="ghost" isSmall keys="Enter" onClick={() => navigate('inbox', row.alertId)}>
            Open alert
          </Button>
        </header>
        <dl className="kv one">
          {alert?.attrs.slice(0, FIRST_ATTRIBUTES).map((attribute) => (
            <div key={attribute.id}>
              <dt title={attribute.key}>
                <Text value={attribute.key} max={60} keepsEnd />
              </dt>
              <dd>
                <Chip
                  value={typeof attribute.value === 'string' ? attribute.value : JSON.stringify(attribute.value)}
                  type={`${attribute.type} ${attribute.key}`}
                />
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  )
}
