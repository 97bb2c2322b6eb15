import { RotateCw } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ProblemRow } from '../../../shared/model/views.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { When } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { RulePlace } from '../../components/rule-place.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { href } from '../../lib/route.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { count } from '../../lib/words.ts'
import { EventBody } from '../alert/raw-event.tsx'
import { ReasonDialog } from '../chain/reason-dialog.tsx'
import { problemTitle } from './problem-words.ts'

const NOTHING = {}
const GONE: Standing = { is: 'over', says: 'It is not open any more: it was solved or dismissed meanwhile.' }

/** Cause, place, and the way out of one problem. */
export function ProblemDetail({ problem }: { problem: ProblemRow }): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const events = count(problem.count, 'event')
  const reprocess = async () => {
    setBusy(true)
    const answer = await call('problems.reprocess', { id: problem.id })
    setBusy(false)
    invalidate(['problems', 'events', 'alerts', 'state'])
    if (!answer.ok) return toast({ title: 'Nothing was processed', detail: answer.error.message, isFailure: true })
    const { processed, deleted, alerts, isResolved } = answer.value
    const gone = deleted > 0 ? ` ${count(deleted, 'event')} could not be: deleted by age.` : ''
    toast({
      title: isResolved ? 'Solved' : 'The problem stays',
      detail: `${count(processed, 'event')} processed, ${count(alerts, 'alert')} made.${gone}`,
      isFailure: !isResolved,
    })
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <section className="pane" aria-label="Problem" tabIndex={0}>
      <header className="ahead">
        <div className="top">
          <h2 className="grow">{problemTitle(problem.code)}</h2>
        </div>
        <div className="meta">
          <State kind="fail">Open</State>
          <span>
            {problem.count > 1 ? `${problem.count.toLocaleString('en-US')} times, first ` : ''}
            <When at={problem.firstAt} />
            {problem.count > 1 && (
              <>
                , last <When at={problem.lastAt} />
              </>
            )}
          </span>
          <Text value={problem.schema} max={100} />
          <code>{problem.code}</code>
          {problem.alertId && (
            <a className="link" href={href('inbox', problem.alertId)}>
              Open alert
            </a>
          )}
        </div>
        <p className="row wrap actions">
          {problem.canReprocess && (
            <Button look="main" icon={RotateCw} isBusy={isBusy} onClick={() => void reprocess()}>
              Re-process {events}
            </Button>
          )}
          <Button onClick={() => openDialog(<DismissDialog problem={problem} />)}>Dismiss…</Button>
        </p>
      </header>
      <section className="sect" aria-label="Cause">
        <header>
          <h3>Cause</h3>
        </header>
        <p>
          <Text value={problem.message} isMultiline canExpand />
        </p>
        <Diagnostics problem={problem} />
      </section>
      {problem.canReprocess && (
        <section className="sect" aria-label="What happens on re-process">
          <header>
            <h3>What happens on re-process</h3>
          </header>
          <p className="muted">
            {problem.count === 1 ? 'The stored event is' : `The ${events} stored are`} evaluated under the live policy.
            What becomes an alert appears in the inbox and its chain starts. Nothing is sent to its source.
          </p>
        </section>
      )}
      {problem.eventId && (
        <section className="sect" aria-label="Event">
          <header>
            <h3>Event</h3>
            <a className="link small" href={href('events', problem.eventId)}>
              Open
            </a>
          </header>
          <EventBody id={problem.eventId} />
        </section>
      )}
    </section>
  )
}

function DismissDialog({ problem }: { problem: ProblemRow }): ReactNode {
  const { value } = useQuery('problems.list', NOTHING, { what: ['problems', 'state'] })
  const isGone = value !== null && !value.rows.some((row) => row.id === problem.id)
  return (
    <ReasonDialog
      title={`Dismiss: ${problemTitle(problem.code)}`}
      lead="The problem leaves this list. Its events stay stored; a new one of the same kind opens it again."
      act="Dismiss"
      look="danger"
      standing={isGone ? GONE : OPEN}
      onSubmit={(reason) => call('problems.dismiss', { id: problem.id, reason })}
    />
  )
}

function Diagnostics({ problem }: { problem: ProblemRow }): ReactNode {
  const { value: state } = useDeskState()
  if (problem.diagnostics.length === 0) return null
  return (
    <ul className="diagnostics">
      {problem.diagnostics.map((diagnostic, index) => (
        <li key={index}>
          {diagnostic.file && state?.policy && diagnostic.row ? (
            <RulePlace versionId={state.policy.id} file={diagnostic.file} row={diagnostic.row} />
          ) : (
            <code>{diagnostic.file ?? diagnostic.code}</code>
          )}{' '}
          <Text value={diagnostic.message} max={600} canExpand />
        </li>
      ))}
    </ul>
  )
}
