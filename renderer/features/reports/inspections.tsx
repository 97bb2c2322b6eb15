import { RotateCw } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { EntityView, InspectionView } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Button } from '../../components/button.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { tryInspectionAgain } from './report-acts.ts'

/** What was asked about an entity and has not answered, or failed; and that nobody was asked. */
export function Inspections({ entity }: { entity: EntityView }): ReactNode {
  const { inspections, findings, isInspected } = entity
  const open = inspections.filter(({ state }) => state !== 'succeeded')
  const answered = inspections.length - open.length
  return (
    <>
      {open.map((inspection) => (
        <Line key={inspection.id} inspection={inspection} />
      ))}
      {inspections.length === 0 && findings.length === 0 && (
        <p className="muted small">{isInspected ? 'No inspector was asked about it.' : 'Not inspected yet.'}</p>
      )}
      {findings.length === 0 && answered > 0 && (
        <p className="muted small">{count(answered, 'inspection')} answered and found nothing.</p>
      )}
    </>
  )
}

function Line({ inspection }: { inspection: InspectionView }): ReactNode {
  const { state, error } = inspection
  // What a policy says by itself asks nobody.
  const uses = inspection.uses === '' ? 'policy' : inspection.uses
  return (
    <div className="fd">
      <span className="au ell" title={visibleText(uses, 100)}>
        <Text value={uses} max={60} />
      </span>
      <span>
        {state === 'waiting' && <Waiting inspection={inspection} />}
        {state === 'skipped' && <State kind="off">Skipped</State>}
        {state === 'failed' && <Failed inspection={inspection} />}
        {state !== 'failed' && error && (
          <span className="muted small">
            {' '}
            <Text value={error.message} max={300} canExpand />
          </span>
        )}
      </span>
    </div>
  )
}

function Waiting({ inspection: { tries, nextAt } }: { inspection: InspectionView }): ReactNode {
  const now = useNow()
  const again = nextAt !== null && nextAt > now ? `, ${tries > 0 ? 'again' : 'asked'} in ${span(nextAt - now)}` : ''
  return (
    <>
      <State kind="run">Waiting</State>
      <span className="muted small">
        {tries > 0 && ` tried ${count(tries, 'time')}`}
        {again}
      </span>
    </>
  )
}

function Failed({ inspection: { id, uses, error, tries } }: { inspection: InspectionView }): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const again = async () => {
    setBusy(true)
    await tryInspectionAgain(id)
    setBusy(false)
  }
  return (
    <>
      <State kind="fail">Failed</State>{' '}
      <span className="small">
        {error && <Text value={error.message} max={300} canExpand />}{' '}
        <span className="muted">
          {error && <code>{visibleText(error.code, 60)}</code>} after {count(tries, 'try', 'tries')}
        </span>
      </span>{' '}
      <Button
        isSmall
        icon={RotateCw}
        isBusy={isBusy}
        aria-label={`Try again: ${visibleText(uses, 60)}`}
        onClick={() => void again()}
      >
        Try again
      </Button>
    </>
  )
}
