import type { ReactNode } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { When } from '../../components/age.tsx'
import { SeverityTile } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'
import { href } from '../../lib/route.ts'
import { count, SEVERITIES } from '../../lib/words.ts'

/** The alerts of the report; each opens in the inbox. */
export function ReportAlerts({ detail: { alerts, alertCount } }: { detail: ReportDetail }): ReactNode {
  return (
    <section className="sect" aria-label="Alerts">
      <header>
        <h3>Alerts</h3>
        <span className="muted">
          {alertCount.toLocaleString('en-US')}, one cause
          {alerts.length < alertCount && `, the latest ${alerts.length.toLocaleString('en-US')} listed`}
        </span>
      </header>
      <ul className="ralerts" aria-label={count(alerts.length, 'alert')}>
        {alerts.map(({ id, title, severity, value, createdAt }) => (
          <li key={id}>
            <a id={`ralert-${id}`} className={`ralert k-${SEVERITIES[severity].kind}`} href={href('inbox', id)}>
              <span className="rail" />
              <SeverityTile severity={severity} />
              <span className="t ell">
                <Text value={defangText(title)} max={200} keepsEnd />
              </span>
              <span className="obs ell mono muted">
                <Text value={defang(value, observableKind(value, ''))} max={120} keepsEnd />
              </span>
              <span className="small muted num">
                <When at={createdAt} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
