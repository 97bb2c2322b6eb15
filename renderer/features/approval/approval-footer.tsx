import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { actTitle } from '../../../shared/model/act-title.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { call } from '../../lib/bridge.ts'
import { useCommands } from '../../lib/commands.ts'
import { full, span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { ReasonDialog } from '../chain/reason-dialog.tsx'
import { approve, useDecision } from './approval-store.ts'
import { EditDialog } from './edit-dialog.tsx'

const PRESETS = ['Expected activity', 'Wrong target', 'Not now', 'Handled elsewhere']

/** The decision. No single key approves: a plain Enter or Space on the button does nothing, Ctrl or Cmd+Enter does. */
export function ApprovalFooter({ card }: { card: ApprovalCard }): ReactNode {
  const [dialog, setDialog] = useState<'reject' | 'edit' | null>(null)
  const [isHinted, setHinted] = useState(false)
  const approveButton = useRef<HTMLButtonElement>(null)
  const rejectButton = useRef<HTMLButtonElement>(null)
  const hintId = useId()
  const { isBusy, failure } = useDecision(card.actionId)
  const act = actText(card, 200)
  const { heading, own } = actTitle(card)
  const verb = card.stale ? 'Approve anyway' : 'Approve'
  useCommands([
    {
      id: 'approve',
      title: `Go to approval: ${act}`,
      group: 'On this decision',
      keys: ['a'],
      note: 'waits for you',
      run: () => focusOn(approveButton.current),
    },
    {
      id: 'reject',
      title: `Go to reject: ${act}`,
      group: 'On this decision',
      keys: ['r'],
      run: () => focusOn(rejectButton.current),
    },
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !event.repeat) void approve(card)
    else setHinted(true)
  }
  return (
    <footer>
      <ExpiryBar card={card} />
      {failure && (
        <p className="failed" role="alert">
          {failure}
        </p>
      )}
      <Button ref={rejectButton} keys="r" disabled={isBusy} onClick={() => setDialog('reject')}>
        Reject…
      </Button>
      {card.isEditable && (
        <Button look="ghost" disabled={isBusy} onClick={() => setDialog('edit')}>
          Edit…
        </Button>
      )}
      <span className="left small muted" id={hintId}>
        {isBusy ? 'Sending your decision…' : isHinted ? 'Ctrl or ⌘ with Enter approves' : <TimeLeft card={card} />}
      </span>
      <Button
        ref={approveButton}
        look="needs"
        keys="Mod+Enter"
        isBusy={isBusy}
        aria-label={`${verb}: ${act}`}
        aria-keyshortcuts="Control+Enter Meta+Enter"
        aria-describedby={hintId}
        onKeyDown={onKeyDown}
        onBlur={() => setHinted(false)}
        onClick={() => void approve(card)}
      >
        <span className="act">
          <span className="ell">{card.stale ? `${verb}: ${visibleText(heading, 60)}` : visibleText(heading, 60)}</span>
          {own !== null && <span className="ell own">{visibleText(own, 80)}</span>}
        </span>
      </Button>
      {dialog === 'reject' && (
        <ReasonDialog
          title={`Reject: ${act}`}
          lead="The chain goes on. Its next round sees “rejected” and your reason. Other actions are not affected."
          act="Reject action"
          look="danger"
          presets={PRESETS}
          onClose={() => setDialog(null)}
          onSubmit={(reason) =>
            call('approvals.reject', { actionId: card.actionId, boundHash: card.boundHash, reason })
          }
        />
      )}
      {dialog === 'edit' && <EditDialog card={card} onClose={() => setDialog(null)} />}
    </footer>
  )
}

function focusOn(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
  element?.focus()
}

/** Less than this share of its time left: it expires soon. */
const SOON = 0.15

function ExpiryBar({ card }: { card: ApprovalCard }): ReactNode {
  const now = useNow()
  const total = Math.max(1, card.expiresAt - card.createdAt)
  const share = Math.max(0, Math.min(1, (card.expiresAt - now) / total))
  return (
    <div
      className={share < SOON || card.stale ? 'bar k-stale' : 'bar'}
      role="progressbar"
      aria-label="Time left before expiry"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <i style={{ width: `${share * 100}%` }} />
    </div>
  )
}

function TimeLeft({ card }: { card: ApprovalCard }): ReactNode {
  const now = useNow()
  return <time title={full(card.expiresAt)}>expires in {span(card.expiresAt - now)}</time>
}
