import { type ReactNode, useState } from 'react'
import type { ActionView, ChainView } from '../../../shared/model/views.ts'
import { Icon } from '../../components/icon.tsx'
import { ACTION_ICONS, ActionStateWord } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { duration, span, useNow } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { ACTION_KINDS, actor } from '../../lib/words.ts'
import { ActionDetails } from './action-details.tsx'
import { UnknownAnswers } from './unknown-answers.tsx'
import { WaitingStep } from './waiting-step.tsx'

export interface ActionStepProps {
  action: ActionView
  chain: ChainView
  /** Many wait: a card is mounted when it comes into sight */
  isCrowd: boolean
}

/** One action: a line with its state and what it came to; a waiting one is the whole approval card. */
export function ActionStep({ action, chain, isCrowd }: ActionStepProps): ReactNode {
  if (action.state === 'waiting')
    return <WaitingStep action={action} chain={chain} mounts={isCrowd ? 'in-sight' : 'at-once'} />
  return <Step action={action} name={visibleText(action.label, 100)} />
}

function Step({ action, name }: { action: ActionView; name: string }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const hasOwnName = action.label !== action.uses
  return (
    <article className={`step k-${ACTION_KINDS[action.state]}`} aria-label={name}>
      <span className="disc">
        <Icon of={ACTION_ICONS[action.state]} />
      </span>
      <button type="button" className="name" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="id ell">
          <Text value={action.label} max={80} />
        </span>
        {hasOwnName && (
          <span className="uses">
            <Text value={action.uses} max={60} />
          </span>
        )}
        <span className="out ell">
          <Text value={action.isAbort ? 'ends the chain' : action.title} max={160} keepsEnd />
        </span>
      </button>
      <ActionStateWord state={action.state} />
      <span className="dur">
        <StepTime action={action} />
      </span>
      <Below action={action} />
      {isOpen && (
        <div className="below">
          <ActionDetails action={action} />
        </div>
      )}
    </article>
  )
}

function StepTime({ action }: { action: ActionView }): ReactNode {
  const now = useNow()
  const start = action.attempts[0]?.intentAt ?? action.proposedAt
  if (action.settledAt !== null) return action.attempts.length > 0 ? duration(action.settledAt - start) : ''
  return span(now - start)
}

/** What a line cannot say: why it failed, who decided and why, what an unknown outcome needs. */
function Below({ action }: { action: ActionView }): ReactNode {
  const { error, decision, state, attempts } = action
  const isRecovered = state === 'succeeded' && attempts.at(-1)?.outcomeBy === 'probe'
  const isReason = decision !== null && decision.why !== '' && state !== 'running'
  if (!error && !isReason && !isRecovered && state !== 'unknown') return null
  return (
    <div className="below">
      {error && (
        <p className="cause">
          <span className="grow">
            <Text value={error.message} max={600} canExpand /> <code className="muted">{error.code}</code>
            {attempts.length > 1 && <span className="muted"> after {attempts.length} attempts</span>}
          </span>
        </p>
      )}
      {isReason && (
        <p className="muted">
          {actor(decision.by)}: “<Text value={decision.why} max={600} canExpand />”
        </p>
      )}
      {isRecovered && <p className="muted">Tocsin was stopped while it ran. A check afterwards found it done.</p>}
      {state === 'unknown' && <UnknownAnswers actionId={action.id} title={action.title} />}
    </div>
  )
}
