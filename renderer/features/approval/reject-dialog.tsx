import type { ReactNode } from 'react'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { call } from '../../lib/bridge.ts'
import { actText } from '../../lib/acts.ts'
import { ReasonDialog } from '../chain/reason-dialog.tsx'
import { Arguments } from './arguments.tsx'
import { useCardStanding } from './card-standing.tsx'
import { markDecided } from './decided.ts'

const PRESETS = ['Expected activity', 'Wrong target', 'Not now', 'Handled elsewhere']

/** Says no to an action, with a reason that the chain's next round sees. @param card as it was looked at */
export function RejectDialog({ card }: { card: ApprovalCard }): ReactNode {
  const { now, standing } = useCardStanding(card)
  const send = async (reason: string) => {
    const answer = await call('approvals.reject', { actionId: now.actionId, boundHash: now.boundHash, reason })
    if (answer.ok && answer.value.isYours) markDecided(now.actionId)
    return answer
  }
  return (
    <ReasonDialog
      title={`Reject: ${actText(card, 200)}`}
      lead="The chain goes on. Its next round sees “rejected” and your reason. Other actions are not affected."
      act="Reject action"
      look="danger"
      presets={PRESETS}
      standing={standing}
      pinned={
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
        <div className="pinned" role="region" aria-label="Arguments" tabIndex={0}>
          <Arguments card={now} />
        </div>
      }
      onSubmit={send}
    />
  )
}
