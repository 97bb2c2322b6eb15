import { type ReactNode, useState } from 'react'
import type { ProvenAction, ProvenScenario, ProveReport, ProveVerdict } from '../../../shared/model/prove.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { closeDialog } from '../../lib/open-dialog.ts'
import { full } from '../../lib/time.ts'
import type { Kind } from '../../lib/words.ts'

const VERDICTS: Record<ProveVerdict, { word: string; kind: Kind }> = {
  violation: { word: 'Violation', kind: 'fail' },
  pass: { word: 'Pass', kind: 'ok' },
  not_applicable: { word: 'Not applicable', kind: 'off' },
}

/** What was tried, action by action; what is violated is open. */
export function ProofReport({ report }: { report: ProveReport }): ReactNode {
  const { startedAt, policyVersion, egress, notes, actions } = report
  return (
    <Dialog
      title="Proof"
      lead={`${full(startedAt)}, policies ${policyVersion.slice(0, 12)}. Not applicable is no pass: it was not tried.`}
      onClose={closeDialog}
      width="wide"
      footer={<Footer />}
    >
      <p className="small">
        {egress.length === 0
          ? 'Nothing left this desk: no socket was opened and no name looked up.'
          : `Ways out that were taken: ${egress.join(', ')}.`}
      </p>
      {notes.map((note) => (
        <p key={note} className="small muted">
          <Text value={note} max={300} />
        </p>
      ))}
      {actions.map((action) => (
        <OfAction key={action.uses} action={action} />
      ))}
    </Dialog>
  )
}

function OfAction({ action: { uses, proposedBy, standIn, scenarios } }: { action: ProvenAction }): ReactNode {
  const count = (verdict: ProveVerdict): number => scenarios.filter((one) => one.verdict === verdict).length
  const [violated, passed, untried] = [count('violation'), count('pass'), count('not_applicable')]
  const kind = violated > 0 ? 'fail' : passed > 0 ? 'ok' : 'off'
  return (
    <details className="proof" open={violated > 0}>
      <summary>
        <span className="mono">{uses}</span>
        <State kind={kind}>{`${passed} passed, ${violated} violated, ${untried} not applicable`}</State>
      </summary>
      <p className="small muted">
        Proposed by <Text value={proposedBy} max={200} />. Stand-in: {standIn ?? 'none'}.
      </p>
      <ul>
        {scenarios.map((scenario) => (
          <OfScenario key={scenario.id} scenario={scenario} />
        ))}
      </ul>
    </details>
  )
}

function OfScenario({ scenario }: { scenario: ProvenScenario }): ReactNode {
  const { title, verdict, why, desk, remote } = scenario
  const { word, kind } = VERDICTS[verdict]
  return (
    <li>
      <State kind={kind}>{word}</State>
      <div>
        <span>{title}</span>
        {why.length > 0 && (
          <span className={verdict === 'violation' ? 'sub failed' : 'sub'}>
            <Text value={why.join('; ')} max={600} />
          </span>
        )}
        {remote && (
          <span className="sub">
            The desk: <Text value={desk.join('; ')} max={900} />. The remote: {remote.requests} requests,{' '}
            <Text value={remote.changes.join(', ') || 'no change'} max={300} />.
          </span>
        )}
      </div>
    </li>
  )
}

function Footer(): ReactNode {
  const [said, setSaid] = useState<{ text: string; isFailure: boolean } | null>(null)
  const save = async () => {
    const answer = await call('prove.save', {})
    setSaid(answer.ok ? { text: answer.value.path, isFailure: false } : { text: answer.error.message, isFailure: true })
  }
  return (
    <>
      <span role="status" className={said?.isFailure ? 'small failed' : 'small mono'}>
        {said && <Text value={said.text} max={300} />}
      </span>
      <span className="grow" />
      <Button look="ghost" keys="Escape" onClick={closeDialog}>
        Close
      </Button>
      <Button onClick={() => void save()}>Save as Markdown and JSON</Button>
    </>
  )
}
