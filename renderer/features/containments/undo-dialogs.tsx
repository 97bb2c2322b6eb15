import { type ReactNode, useState } from 'react'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { FormDialog } from '../../components/form-dialog.tsx'
import { toast } from '../../components/toast.tsx'
import { actText } from '../../lib/acts.ts'
import { call } from '../../lib/bridge.ts'
import { closeDialog } from '../../lib/open-dialog.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { ReasonDialog } from '../chain/reason-dialog.tsx'
import { NOTHING, REFRESH } from './containment-query.ts'

/** For what was ended outside of Tocsin: the analyst's word, which runs nothing. */
export function LiftDialog({ row }: { row: ContainmentRow }): ReactNode {
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
export function UndoDialog({ row }: { row: ContainmentRow }): ReactNode {
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
