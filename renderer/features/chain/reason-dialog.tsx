import { type ReactNode, useState } from 'react'
import type { Answer } from '../../../shared/contract.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { Area } from '../../components/field.tsx'
import { invalidate } from '../../lib/query.ts'

export interface ReasonDialogProps {
  title: string
  lead: string
  act: string
  look?: 'main' | 'danger'
  presets?: readonly string[]
  /** Runs the act; the dialog closes when it is answered well and shows the reason when not */
  onSubmit: (reason: string) => Promise<Answer<unknown>>
  onClose: () => void
}

/** An act that needs a reason: it is stored with the act. */
export function ReasonDialog({
  title,
  lead,
  act,
  look = 'main',
  presets = [],
  onSubmit,
  onClose,
}: ReasonDialogProps): ReactNode {
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const submit = async () => {
    setBusy(true)
    const answer = await onSubmit(reason.trim())
    setBusy(false)
    invalidate(['approvals', 'chains', 'alerts', 'containments', 'problems', 'state'])
    if (answer.ok) onClose()
    else setFailure(answer.error.message)
  }
  return (
    <FormDialog
      title={title}
      lead={lead}
      act={act}
      look={look}
      isBusy={isBusy}
      failure={failure}
      canSubmit={reason.trim() !== ''}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      {presets.length > 0 && (
        <div>
          <div className="lab2" id="preset-label">
            Preset
          </div>
          <div className="presets" role="group" aria-labelledby="preset-label">
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
