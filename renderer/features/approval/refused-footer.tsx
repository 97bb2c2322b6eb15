import type { ReactNode } from 'react'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Text } from '../../components/text.tsx'
import { actText } from '../../lib/acts.ts'
import { call } from '../../lib/bridge.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { ReasonDialog } from '../chain/reason-dialog.tsx'
import { useCardStanding } from './card-standing.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { RejectDialog } from './reject-dialog.tsx'

/** The end of a card that no approval counts for: why, and what is left to do. */
export function RefusedFooter({ card }: { card: ApprovalCard }): ReactNode {
  const { undoes } = card
  return (
    <footer data-decided="answer">
      <p className="failed" role="alert">
        <Text value={card.refusal?.message ?? ''} canExpand />
      </p>
      {undoes === null ? (
        <>
          <Button onClick={() => openDialog(<RejectDialog card={card} />)}>Reject…</Button>
          {card.isEditable && (
            <Button look="ghost" onClick={() => openDialog(<EditDialog card={card} />)}>
              Edit…
            </Button>
          )}
        </>
      ) : (
        <Button onClick={() => openDialog(<LiftDialog card={card} attemptId={undoes} />)}>Mark as lifted…</Button>
      )}
    </footer>
  )
}

/** For what was changed elsewhere: the analyst's word takes it off the list of what is in force, and its undo with it. */
function LiftDialog({ card, attemptId }: { card: ApprovalCard; attemptId: string }): ReactNode {
  const { standing } = useCardStanding(card)
  return (
    <ReasonDialog
      title={`Mark as lifted, instead of: ${actText(card, 200)}`}
      lead="Nothing is run. Your word takes it off the list of what is in force and withdraws this undo; both stay in the chain with the reason."
      act="Mark as lifted"
      standing={standing}
      onSubmit={(reason) => call('containments.lift', { attemptId, reason })}
    />
  )
}
