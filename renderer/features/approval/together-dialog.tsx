import { type ReactNode, useEffect, useState } from 'react'
import type { TogetherResult, TogetherRow } from '../../../shared/model/together.ts'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { Area } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Text } from '../../components/text.tsx'
import { call, type DeskError } from '../../lib/bridge.ts'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { invalidate } from '../../lib/query.ts'
import { count } from '../../lib/words.ts'
import { forgetDecided, markDecided } from './decided.ts'

/** Opens the dialog that lists alike actions and decides them together. */
export function decideTogether(decision: 'approve' | 'reject', actionIds: readonly string[]): void {
  openDialog(<Together decision={decision} actionIds={actionIds} />)
}

interface TogetherProps {
  decision: 'approve' | 'reject'
  actionIds: readonly string[]
}

/** Alike actions, each listed as it is now, one reason, and afterwards what became of each. */
function Together({ decision, actionIds }: TogetherProps): ReactNode {
  const [rows, setRows] = useState<readonly TogetherRow[] | null>(null)
  const [error, setError] = useState<DeskError | null>(null)
  const [results, setResults] = useState<readonly TogetherResult[] | null>(null)
  useEffect(() => {
    let isCurrent = true
    void call('approvals.together', { actionIds: [...actionIds] }).then((answer) => {
      if (!isCurrent) return
      if (answer.ok) setRows(answer.value.rows)
      else setError(answer.error)
    })
    return () => {
      isCurrent = false
    }
  }, [actionIds])
  const word = decision === 'approve' ? 'Approve' : 'Reject'
  if (results) return <Results rows={rows ?? []} results={results} />
  if (!rows) {
    return (
      <Dialog title={`${word} ${count(actionIds.length, 'action')}`} width="wide" onClose={closeDialog}>
        {error ? <Failure error={error} /> : <Loading what="what each would do now" />}
      </Dialog>
    )
  }
  if (rows.every((row) => obstacle(row, decision) !== '')) return <NoneTogether decision={decision} rows={rows} />
  return <Listed decision={decision} rows={rows} onResults={setResults} />
}

interface ListedProps {
  decision: 'approve' | 'reject'
  rows: readonly TogetherRow[]
  onResults: (results: readonly TogetherResult[]) => void
}

function Listed({ decision, rows, onResults }: ListedProps): ReactNode {
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const taken = rows.filter((row) => obstacle(row, decision) === '')
  const left = rows.filter((row) => obstacle(row, decision) !== '')
  const act = `${decision === 'approve' ? 'Approve' : 'Reject'} ${count(taken.length, 'action')}`
  const submit = async () => {
    setBusy(true)
    const items = taken.map(({ actionId, boundHash }) => ({ actionId, boundHash }))
    for (const { actionId } of items) markDecided(actionId)
    const answer = await call('approvals.decide', { decision, items, reason: reason.trim() })
    const results = answer.ok ? answer.value.results : []
    const isDecided = new Set(results.filter(isDone).map(({ actionId }) => actionId))
    for (const { actionId } of items) if (!isDecided.has(actionId)) forgetDecided(actionId)
    setBusy(false)
    invalidate(['approvals', 'chains', 'alerts', 'containments', 'state'])
    if (answer.ok) onResults(results)
    else setFailure(answer.error.message)
  }
  return (
    <FormDialog
      title={act}
      lead="Each is decided by itself, as it is listed here. What has changed by then is left, and told afterwards."
      act={act}
      look={decision === 'approve' ? 'needs' : 'danger'}
      width="wide"
      isBusy={isBusy}
      cannot={reason.trim() === '' ? 'Give a reason first: it is stored with each act.' : ''}
      failure={failure}
      typed={reason}
      onSubmit={() => void submit()}
    >
      <List label={act} rows={taken} />
      {left.length > 0 && (
        <>
          <p>
            {count(left.length, 'action')} {left.length === 1 ? 'is' : 'are'} left for a decision of{' '}
            {left.length === 1 ? 'its' : 'their'} own:
          </p>
          <List label="Left" rows={left} note={(row) => obstacle(row, decision)} />
        </>
      )}
      <Area label="Reason" value={reason} rows={2} isRequired onChange={setReason} />
    </FormDialog>
  )
}

/** Nothing to send, so nothing is asked for: each of them says why, and is decided on its own card. */
function NoneTogether({ decision, rows }: Omit<ListedProps, 'onResults'>): ReactNode {
  return (
    <Dialog
      title={decision === 'approve' ? 'None of these can be approved together' : 'None of these waits any more'}
      lead={decision === 'approve' ? 'Each is approved by itself, on its own card.' : undefined}
      width="wide"
      onClose={closeDialog}
      footer={
        <>
          <span className="grow" />
          <Button look="main" keys="Escape" onClick={closeDialog}>
            Close
          </Button>
        </>
      }
    >
      <List label="Left" rows={rows} note={(row) => obstacle(row, decision)} />
    </Dialog>
  )
}

/** Why an action is not decided with the others; empty: it is. */
function obstacle(row: TogetherRow, decision: 'approve' | 'reject'): string {
  if (row.state !== 'waiting') return 'decided already'
  if (decision === 'reject') return ''
  if (row.isIrreversible) return 'cannot be undone from here'
  return row.isStale ? 'changed since it was proposed' : ''
}

interface ListProps {
  label: string
  rows: readonly TogetherRow[]
  note?: (row: TogetherRow) => string
}

function List({ label, rows, note }: ListProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a list that scrolls must be reachable by key
    <ul className="together" aria-label={label} tabIndex={0}>
      {rows.map((row) => (
        <li key={row.actionId}>
          <span className="titles">
            <ActName act={row} keepsEnd />
            <OwnTitle act={row} keepsEnd />
            <Target act={row} keepsEnd />
          </span>
          {row.differs.length > 0 && (
            <span className="mono muted ell">
              {row.differs.map(({ key, value }) => (
                <span key={key}>
                  <Text value={key} max={40} />={' '}
                  <Text value={typeof value === 'string' ? value : JSON.stringify(value)} max={200} keepsEnd />{' '}
                </span>
              ))}
            </span>
          )}
          <span className="muted ell">
            <Text value={row.alertTitle} max={120} />
          </span>
          {note && <span className="c-medium">{note(row)}</span>}
        </li>
      ))}
    </ul>
  )
}

function many(no: number): string {
  return no.toLocaleString('en-US')
}

interface ResultsProps {
  rows: readonly TogetherRow[]
  results: readonly TogetherResult[]
}

function isDone({ outcome }: TogetherResult): boolean {
  return outcome === 'approved' || outcome === 'rejected'
}

function Results({ rows, results }: ResultsProps): ReactNode {
  const done = results.filter(isDone)
  const word = done[0]?.outcome ?? 'decided'
  const byId = new Map(rows.map((row) => [row.actionId, row]))
  const left = results.filter((result) => !isDone(result))
  const notes = new Map(left.map(({ actionId, message }) => [actionId, message]))
  return (
    <Dialog
      title={
        left.length === 0
          ? `All ${many(done.length)} ${word}`
          : `${many(done.length)} ${word}, ${many(left.length)} not`
      }
      width="wide"
      onClose={closeDialog}
      footer={
        <>
          <span className="grow" />
          <Button look="main" onClick={closeDialog}>
            Done
          </Button>
        </>
      }
    >
      {left.length === 0 ? (
        <p>Each is an act of its own in the audit log, with your reason.</p>
      ) : (
        <List
          label="Not decided"
          rows={left.flatMap(({ actionId }) => byId.get(actionId) ?? [])}
          note={({ actionId }) => notes.get(actionId) ?? ''}
        />
      )}
    </Dialog>
  )
}
