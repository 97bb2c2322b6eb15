import { Undo2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { Age } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { Chip } from '../../components/chip.tsx'
import { Empty, Failure, Loading } from '../../components/failure.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { ActionStateWord, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { toast } from '../../components/toast.tsx'
import { call } from '../../lib/bridge.ts'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { actText } from '../../lib/acts.ts'
import { defangText } from '../../lib/defang.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { href, navigate } from '../../lib/route.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actor, count } from '../../lib/words.ts'
import { ReasonDialog } from '../chain/reason-dialog.tsx'

const NOTHING = {}
const REFRESH = { what: ['containments', 'chains', 'approvals', 'state'] } as const

/** What is cut off right now, and the way back for each. */
export function Containments(): ReactNode {
  const { value, error, reload } = useQuery('containments.list', NOTHING, REFRESH)
  const now = useNow()
  const rows = value?.rows ?? []
  const oldest = Math.min(...rows.map((row) => row.since))
  return (
    <>
      <div className="vhead">
        <h1>Active containments</h1>
        {rows.length > 0 && (
          <span className="small muted ell">
            {count(rows.length, 'in force', 'in force')}, oldest {span(now - oldest)}. What is listed here is still cut
            off, by you or by policy.
          </span>
        )}
      </div>
      {!value && (error ? <Failure error={error} onRetry={reload} /> : <Loading what="containments" />)}
      {value && rows.length === 0 && (
        <Empty title="Nothing is cut off">
          <p>
            Files in quarantine, hosts without a network and accounts that were shut stand here until they are back,
            each with its undo.
          </p>
        </Empty>
      )}
      {rows.length > 0 && <Table rows={rows} />}
    </>
  )
}

function Table({ rows }: { rows: readonly ContainmentRow[] }): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <div className="scroll" tabIndex={0} role="region" aria-label="List of containments">
      <table className="tbl containments" aria-label="Active containments">
        <thead>
          <tr>
            <th>Containment</th>
            <th className="w-target">Target</th>
            <th className="w-state">State</th>
            <th className="w-alert">Because of</th>
            <th className="w-acts">
              <span className="vh">Ways out</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.attemptId} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ row }: { row: ContainmentRow }): ReactNode {
  return (
    <tr>
      <td>
        <ActName act={row} max={200} />
        <span className="sub">
          <OwnTitle act={row} max={200} />
        </span>
        <span className="sub mono">
          <Text value={row.uses} max={80} />
        </span>
      </td>
      <td title={visibleText(row.target, 1000)}>
        <Chip value={row.target} type="" />
      </td>
      <td>
        <InForce row={row} />
        <span className="sub">
          <Age at={row.since} isLong />, by {actor(row.by)}
        </span>
      </td>
      <td>
        {row.reportId !== null && (
          <>
            <a className="link" href={href('reports', row.reportId)}>
              Report
            </a>
            {', last alert '}
          </>
        )}
        <a className="link" href={href('inbox', row.alertId)}>
          <Text value={defangText(row.alertTitle)} max={200} />
        </a>
      </td>
      <td className="ways">
        <UndoButton row={row} onUndo={() => openDialog(<UndoDialog row={row} />)} />
        {!isOpen(row) && (
          <Button
            isSmall
            look="ghost"
            aria-label={`Mark as lifted: ${actText(row, 120)}`}
            onClick={() => openDialog(<LiftDialog row={row} />)}
          >
            Mark as lifted…
          </Button>
        )}
      </td>
    </tr>
  )
}

function InForce({ row: { undoState, isUnchanged } }: { row: ContainmentRow }): ReactNode {
  if (undoState) return <ActionStateWord state={undoState} hasIcon />
  return <State kind="ok">{isUnchanged ? 'Was so before' : 'In force'}</State>
}

/** Its undo was proposed and has not ended: that is answered first. */
function isOpen({ undoState }: ContainmentRow): boolean {
  return undoState !== null && ['proposed', 'waiting', 'approved', 'running', 'unknown'].includes(undoState)
}

function UndoButton({ row, onUndo }: { row: ContainmentRow; onUndo: () => void }): ReactNode {
  if (row.undoActionId && (row.undoState === 'waiting' || row.undoState === 'unknown')) {
    const actionId = row.undoActionId
    return (
      <Button isSmall onClick={() => navigate('waiting', actionId)}>
        Decide…
      </Button>
    )
  }
  if (row.isUnchanged) return <span className="muted small">nothing to undo</span>
  if (!row.undo) return <span className="muted small">no undo from here</span>
  return (
    <Button
      isSmall
      icon={Undo2}
      isBusy={isOpen(row)}
      onClick={onUndo}
      aria-label={`Undo: ${visibleText(row.undo.title, 120)}`}
    >
      <span className="ell">{visibleText(row.undo.title, 60)}</span>
    </Button>
  )
}

/** For what was ended outside of Tocsin: the analyst's word, which runs nothing. */
function LiftDialog({ row }: { row: ContainmentRow }): ReactNode {
  return (
    <ReasonDialog
      title={`Mark as lifted: ${actText(row, 200)}`}
      lead="Nothing is run and nothing is checked: your word takes it off this list, and stays in its chain with the reason."
      act="Mark as lifted"
      standing={useUndoStanding(row)}
      onSubmit={(reason) => call('containments.lift', { attemptId: row.attemptId, reason })}
    />
  )
}

/** Undo is an action of its own: proposed here, approved and recorded like every other. */
function UndoDialog({ row }: { row: ContainmentRow }): ReactNode {
  const standing = useUndoStanding(row)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const title = visibleText(row.undo?.title ?? '', 120)
  const submit = async () => {
    setBusy(true)
    const answer = await call('containments.undo', { attemptId: row.attemptId })
    setBusy(false)
    invalidate(['containments', 'approvals', 'chains', 'alerts', 'state'])
    if (!answer.ok) return setFailure(answer.error.message)
    closeDialog()
    toast({ title: `${title} is proposed`, detail: 'It waits for you like every action that changes something.' })
    navigate('waiting', answer.value.actionId)
  }
  return (
    <FormDialog
      title={title}
      lead={`${row.undo?.uses} is proposed on the alert. You see its plan and approve it before anything changes.`}
      act="Propose undo"
      isBusy={isBusy}
      failure={failure}
      standing={standing}
      onSubmit={() => void submit()}
    />
  )
}

/** Whether it is still in force, and nobody else asked for its undo. */
function useUndoStanding({ attemptId }: ContainmentRow): Standing {
  const { value } = useQuery('containments.list', NOTHING, REFRESH)
  const row = value?.rows.find((each) => each.attemptId === attemptId)
  if (value && !row)
    return { is: 'over', says: 'It is not in force any more: it was undone or marked as lifted meanwhile.' }
  if (row?.undoState === 'waiting')
    return { is: 'over', says: 'Its undo was proposed meanwhile, in another window. It is under Waiting for you.' }
  return OPEN
}
