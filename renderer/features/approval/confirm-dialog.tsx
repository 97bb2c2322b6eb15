import { type ReactNode, useState } from 'react'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Irreversible } from '../../components/irreversible.tsx'
import { actText } from '../../lib/acts.ts'
import { closeDialog } from '../../lib/open-dialog.ts'
import { type Standing, strictest } from '../../lib/standing.ts'
import { approve, useDecision } from './approval-store.ts'
import { Arguments } from './arguments.tsx'
import { useCardStanding } from './card-standing.tsx'
import { ConfirmField, confirmationMissing } from './confirm-field.tsx'

const LATE: Standing = { is: 'over', says: 'Another answer was first. Yours changed nothing.' }

/**
 * The approval of what cannot be taken back: confirmed by typing its target. What changes while it is open is shown, and
 * the card as it is then is what is approved.
 * @param opened the card as it was when the dialog was opened
 */
export function ConfirmDialog({ card: opened }: { card: ApprovalCard }): ReactNode {
  const { now: card, standing } = useCardStanding(opened)
  const [typed, setTyped] = useState('')
  const [isLate, setLate] = useState(false)
  const { isBusy, failure } = useDecision(card.actionId)
  const submit = async () => {
    const came = await approve(card, { typedTarget: typed })
    if (came === 'taken') closeDialog()
    else if (came === 'late') setLate(true)
  }
  return (
    <FormDialog
      title={`Confirm: ${actText(card, 200)}`}
      lead={
        <>
          <Irreversible /> Nothing gives back what this takes.
        </>
      }
      act="Approve irreversible act"
      look="danger"
      isBusy={isBusy}
      failure={failure}
      standing={isLate && standing.is !== 'over' ? strictest([standing, LATE]) : standing}
      typed={typed}
      cannot={confirmationMissing(card.confirm, typed)}
      pinned={
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
        <div className="pinned" role="region" aria-label="Arguments" tabIndex={0}>
          <Arguments card={card} />
        </div>
      }
      onSubmit={() => void submit()}
    >
      <ConfirmField asked={card.confirm} typed={typed} onChange={setTyped} />
    </FormDialog>
  )
}
