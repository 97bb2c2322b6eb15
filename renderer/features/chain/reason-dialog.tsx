import { type ReactNode, useId, useState } from 'react'
import type { Answer } from '../../../shared/contract.ts'
import { Area } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { closeDialog } from '../../lib/open-dialog.ts'
import { invalidate } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'

export interface ReasonDialogProps {
  title: string
  lead: string
  act: string
  look?: 'main' | 'danger'
  presets?: readonly string[]
  /** What became of its subject since it was opened */
  standing: Standing
  /** What it is about, in sight below the fields */
  pinned?: ReactNode
  /** Runs the act; the dialog closes when it was taken, and says why when it was not */
  onSubmit: (reason: string) => Promise<Answer<{ isYours?: boolean }>>
}

/** Somebody was first, and what they did is not read yet. */
const LATE: Standing = { is: 'over', says: 'Another answer was first. Yours changed nothing.' }

/** An act that needs a reason: it is stored with the act. */
export function ReasonDialog({
  title,
  lead,
  act,
  look = 'main',
  presets = [],
  standing,
  pinned,
  onSubmit,
}: ReasonDialogProps): ReactNode {
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [isLate, setLate] = useState(false)
  const [failure, setFailure] = useState('')
  const presetLabel = useId()
  const submit = async () => {
    setBusy(true)
    const answer = await onSubmit(reason.trim())
    setBusy(false)
    invalidate(['approvals', 'chains', 'alerts', 'containments', 'problems', 'state'])
    if (!answer.ok) setFailure(answer.error.message)
    else if (answer.value.isYours === false) setLate(true)
    else closeDialog()
  }
  return (
    <FormDialog
      title={title}
      lead={lead}
      act={act}
      look={look}
      isBusy={isBusy}
      failure={failure}
      standing={isLate && standing.is !== 'over' ? LATE : standing}
      typed={reason}
      pinned={pinned}
      cannot={reason.trim() === '' ? 'Give a reason first: it is stored with the act.' : ''}
      onSubmit={() => void submit()}
    >
      {presets.length > 0 && standing === OPEN && (
        <div>
          <div className="lab2" id={presetLabel}>
            Preset
          </div>
          <div className="presets" role="group" aria-labelledby={presetLabel}>
            {presets.map((preset) => (
              <button
                key={preset}
                type="button"
                className="btn sm"
                aria-pressed={reason === preset}
                onClick={() => setReason(preset)}
              >
                {preset}
              </button>
            ))}
          </div>
        </div>
      )}
      <Area label="Reason" value={reason} isRequired onChange={setReason} />
    </FormDialog>
  )
}
