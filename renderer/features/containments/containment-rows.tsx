import { RotateCw, Undo2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { Button } from '../../components/button.tsx'
import { Chip } from '../../components/chip.tsx'
import { Text } from '../../components/text.tsx'
import { toast } from '../../components/toast.tsx'
import { actText } from '../../lib/acts.ts'
import { call } from '../../lib/bridge.ts'
import { defangText } from '../../lib/defang.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { href, navigate } from '../../lib/route.ts'
import { ContainmentState } from './containment-state.tsx'
import type { TargetGroup } from './containment-groups.ts'
import { LiftDialog, UndoDialog } from './undo-dialogs.tsx'

/** All that is in force on one target: its name once, beside each of them. */
export function TargetRows({ group }: { group: TargetGroup }): ReactNode {
  return group.rows.map((row, index) => (
    <tr key={row.attemptId} className={index === 0 ? undefined : 'more'}>
      {index === 0 && (
        <td rowSpan={group.rows.length} title={visibleText(row.target, 1000)}>
          <Chip value={row.target} type="" />
          {group.rows.length > 1 && <span className="sub">{group.rows.length} in force</span>}
        </td>
      )}
      <td>
        <ActName act={row} max={200} />
        <span className="sub">
          <OwnTitle act={row} max={200} />
        </span>
        <span className="sub mono">
          <Text value={row.uses} max={80} />
        </span>
      </td>
      <td>
        <ContainmentState row={row} />
      </td>
      <td className="because">
        <Because row={row} />
      </td>
      <td className="ways">
        <UndoButton row={row} />
        {row.canVerify && <VerifyButton row={row} />}
        {isInForce(row) && !isOpen(row) && (
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
  ))
}

function Because({ row }: { row: ContainmentRow }): ReactNode {
  return (
    <>
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
    </>
  )
}

/** What is not confirmed yet is looked at, not undone or lifted. */
function isInForce({ stage }: ContainmentRow): boolean {
  return stage === 'confirmed' || stage === 'done'
}

/** Its undo was proposed and has not ended: that is answered first. */
function isOpen({ undoState }: ContainmentRow): boolean {
  return (
    undoState !== null && ['proposed', 'waiting', 'approved', 'running', 'confirming', 'unknown'].includes(undoState)
  )
}

function UndoButton({ row }: { row: ContainmentRow }): ReactNode {
  if (row.undoActionId && (row.undoState === 'waiting' || row.undoState === 'unknown')) {
    const actionId = row.undoActionId
    return (
      <Button isSmall onClick={() => navigate('waiting', actionId)}>
        Decide…
      </Button>
    )
  }
  if (!isInForce(row)) return null
  if (row.isUnchanged) return <span className="muted small">nothing to undo</span>
  if (!row.undo) return <span className="muted small">no undo from here</span>
  return (
    <Button
      isSmall
      icon={Undo2}
      isBusy={isOpen(row)}
      onClick={() => openDialog(<UndoDialog row={row} />)}
      aria-label={`Undo: ${visibleText(row.undo.title, 120)}`}
    >
      <span className="ell">{visibleText(row.undo.title, 60)}</span>
    </Button>
  )
}

/** Reads the target now, beside the look of every hour. */
function VerifyButton({ row }: { row: ContainmentRow }): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const verify = async () => {
    setBusy(true)
    const answer = await call('containments.verify', { attemptId: row.attemptId })
    setBusy(false)
    if (!answer.ok) toast({ title: 'It could not be looked at', detail: answer.error.message, isFailure: true })
  }
  return (
    <Button
      isSmall
      look="ghost"
      icon={RotateCw}
      isBusy={isBusy}
      aria-label={`Verify now: ${actText(row, 120)}`}
      onClick={() => void verify()}
    >
      Verify now
    </Button>
  )
}
