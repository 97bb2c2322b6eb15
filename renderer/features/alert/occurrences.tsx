import { type ReactNode, useState } from 'react'
import type { Occurrence } from '../../../shared/model/alert.ts'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { When } from '../../components/age.tsx'
import { Failure } from '../../components/failure.tsx'
import { SeverityTile } from '../../components/state.tsx'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { count, TRIAGE_WORDS, VERDICT_WORDS } from '../../lib/words.ts'

/** Alerts listed at first, and what each *more* adds; the contract's most is 200. */
const STEP = 20
const MOST = 200

/** The alerts of this one's key: one row in the inbox, closed together, each with its own event and chain. */
export function Occurrences({ detail }: { detail: AlertDetail }): ReactNode {
  const [limit, setLimit] = useState(STEP)
  const { id } = detail.alert
  const { value, error, reload } = useQuery('alerts.occurrences', { id, offset: 0, limit }, { what: ['alerts'] })
  const left = value ? value.total - value.rows.length : 0
  return (
    <section className="sect" aria-label="Occurrences">
      <header>
        <h3>Occurrences</h3>
        <span className="muted grow ell">{count(detail.occurrences, 'alert')} of one key, closed together</span>
      </header>
      {error && !value && <Failure error={error} onRetry={reload} />}
      <ul className="occurrences">
        {value?.rows.map((each) => (
          <Line key={each.id} occurrence={each} isOpen={each.id === id} />
        ))}
      </ul>
      {left > 0 && (
        <p className="small muted">
          {limit < MOST && (
            <button type="button" className="link" onClick={() => setLimit(Math.min(MOST, limit + STEP))}>
              Show {Math.min(STEP, left)} more
            </button>
          )}{' '}
          {left.toLocaleString('en-US')} earlier not shown
        </p>
      )}
    </section>
  )
}

function Line({ occurrence, isOpen }: { occurrence: Occurrence; isOpen: boolean }): ReactNode {
  const { id, createdAt, severity, waiting } = occurrence
  return (
    <li>
      <button
        type="button"
        className="link"
        aria-current={isOpen ? 'true' : undefined}
        onClick={() => navigate('inbox', id, { replace: true })}
      >
        <SeverityTile severity={severity} />
        <When at={createdAt} />
      </button>
      <span className={waiting ? 'c-needs' : 'muted'}>{waiting ? 'a decision waits' : stateOf(occurrence)}</span>
    </li>
  )
}

function stateOf({ triage, verdict }: Occurrence): string {
  return verdict === null ? TRIAGE_WORDS[triage] : `${TRIAGE_WORDS[triage]}, ${VERDICT_WORDS[verdict].toLowerCase()}`
}
