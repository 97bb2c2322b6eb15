import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useId, useRef } from 'react'
import { actTitle } from '../../../shared/model/act-title.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { type Command, useCommands } from '../../lib/commands.ts'
import { full, span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { approve, useDecision } from './approval-store.ts'
import { targetOf, useAttention } from './attention.ts'
import { useDeciding } from './deciding.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { RejectDialog } from './reject-dialog.tsx'

interface ApprovalFooterProps {
  card: ApprovalCard
  /** The card that it ends */
  frame: RefObject<HTMLElement | null>
}

/** The second click of a double one was meant for what stood here before. */
function once(run: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.detail < 2) run()
  }
}

/**
 * The decision. No single key approves: a plain Enter or Space on the button does nothing, Ctrl or Cmd+Enter does. Nothing
 * is decided that the analyst cannot see, or did not go to.
 */
export function ApprovalFooter({ card, frame }: ApprovalFooterProps): ReactNode {
  const approveButton = useRef<HTMLButtonElement>(null)
  const rejectButton = useRef<HTMLButtonElement>(null)
  const hintId = useId()
  const { isBusy, failure } = useDecision(card.actionId)
  const { hint, say, isInSight, goTo, decide, openOn } = useDeciding(card, frame, () =>
    card.confirm === '' ? void approve(card) : openDialog(<ConfirmDialog card={card} />),
  )
  const act = actText(card, 200)
  const { heading, own } = actTitle(card)
  const verb = card.stale ? 'Approve anyway' : 'Approve'
  const commands: readonly Command[] = [
    {
      id: 'approve',
      title: `Go to approval: ${act}`,
      group: 'On this decision',
      keys: ['a'],
      note: 'waits for you',
      run: () => goTo(approveButton.current),
    },
    {
      id: 'reject',
      title: `Go to reject: ${act}`,
      group: 'On this decision',
      keys: ['r'],
      run: () => goTo(rejectButton.current),
    },
  ]
  const isTarget = useAttention((attention) => targetOf(attention) === card.actionId)
  useCommands(isTarget ? commands : [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && !event.repeat) decide()
    else say('Ctrl or ⌘ with Enter approves')
  }
  const told = isBusy ? 'Sending your decision…' : hint
  return (
    <footer data-decided="answer">
      <ExpiryBar card={card} />
      {failure && (
        <p className="failed" role="alert">
          {failure}
        </p>
      )}
      <Button
        ref={rejectButton}
        {...(isTarget ? { keys: 'r' } : {})}
        disabled={isBusy}
        onClick={once(() => openOn(<RejectDialog card={card} />))}
      >
        Reject…
      </Button>
      {card.isEditable && (
        <Button look="ghost" disabled={isBusy} onClick={once(() => openOn(<EditDialog card={card} />))}>
          Edit…
        </Button>
      )}
      <span className="left small muted" id={hintId}>
        <span role="status">{told}</span>
        {told === '' && <TimeLeft card={card} />}
      </span>
      <Button
        ref={approveButton}
        look="needs"
        className={isInSight ? '' : 'unseen'}
        {...(isTarget ? { keys: 'a Mod+Enter' } : {})}
        isBusy={isBusy}
        aria-label={`${verb}: ${act}`}
        aria-keyshortcuts="Control+Enter Meta+Enter"
        aria-describedby={hintId}
        onKeyDown={onKeyDown}
        onBlur={() => say('')}
        onClick={once(decide)}
      >
        <span className="act">
          <span className="ell">{card.stale ? `${verb}: ${visibleText(heading, 60)}` : visibleText(heading, 60)}</span>{' '}
          {own !== null && (
            <span className="ell own">
              (<span>{visibleText(own, 80)}</span>)
            </span>
          )}
        </span>
      </Button>
    </footer>
  )
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
