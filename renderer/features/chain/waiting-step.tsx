import { CirclePause } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ActionView, ChainView } from '../../../shared/model/views.ts'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { Icon } from '../../components/icon.tsx'
import { Irreversible } from '../../components/irreversible.tsx'
import { ActionStateWord } from '../../components/state.tsx'
import { useSeen } from '../../lib/seen.ts'
import { span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Acts } from './acts.tsx'
import { ApprovalCard } from '../approval/approval-card.tsx'

export interface WaitingStepProps {
  action: ActionView
  chain: ChainView
  /** The card's place in a crowd: at once, when it comes into sight, or when its line is opened */
  mounts: 'at-once' | 'in-sight' | 'on-demand'
}

/** An action that waits: its whole card, or a line until that is mounted. */
export function WaitingStep({ action, chain, mounts }: WaitingStepProps): ReactNode {
  const [isOpen, setOpen] = useState(mounts !== 'on-demand')
  const [element, isSeen] = useSeen<HTMLElement>()
  return (
    <article ref={element} aria-label={visibleText(action.label, 100)}>
      {isOpen && (isSeen || mounts === 'at-once') ? (
        <ApprovalCard actionId={action.id} label={action.label} policyVersionId={chain.policyVersionId} level={4} />
      ) : (
        <Line action={action} isTall={isOpen} onOpen={() => setOpen(true)} />
      )}
      <Acts acts={action.acts} about={visibleText(action.label, 100)} />
    </article>
  )
}

function Line({ action, isTall, onOpen }: { action: ActionView; isTall: boolean; onOpen: () => void }): ReactNode {
  const now = useNow()
  return (
    <div className={isTall ? 'step k-wait unread-card' : 'step k-wait'}>
      <span className="disc">
        <Icon of={CirclePause} />
      </span>
      <button type="button" className="name" aria-expanded={false} onClick={onOpen}>
        <span className="id ell">
          <ActName act={action} max={160} keepsEnd />
        </span>
        <OwnTitle act={action} max={160} keepsEnd />
        <Target act={action} max={160} keepsEnd />
      </button>
      <span className="row">
        {action.isIrreversible && <Irreversible />}
        <ActionStateWord state="waiting" />
      </span>
      <span className="dur">{span(now - action.proposedAt)}</span>
    </div>
  )
}
