import { type ReactNode, useState } from 'react'
import { actTitle } from '../../../shared/model/act-title.ts'
import type { ActionView, ChainView } from '../../../shared/model/views.ts'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { Icon } from '../../components/icon.tsx'
import { Irreversible } from '../../components/irreversible.tsx'
import { ACTION_ICONS, ActionStateWord } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { duration, span, useNow } from '../../lib/time.ts'
import { href } from '../../lib/route.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { ACTION_KINDS } from '../../lib/words.ts'
import { Acts } from './acts.tsx'
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
  return <Step action={action} chainId={chain.id} name={visibleText(action.label, 100)} />
}

function Step({ action, chainId, name }: { action: ActionView; chainId: string; name: string }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const hasOwnName = action.label !== action.uses
  const isNamed = actTitle(action).own !== null
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
          <ActName act={action} max={160} keepsEnd />
        </span>
        {!isNamed && <Target act={action} max={160} keepsEnd />}
      </button>
      <span className="row">
        {action.isIrreversible && <Irreversible />}
        <ActionStateWord state={action.state} />
      </span>
      <span className="dur">
        <StepTime action={action} />
      </span>
      {isNamed && (
        <p className="below what">
          <OwnTitle act={action} />
          <Target act={action} />
        </p>
      )}
      <Below action={action} chainId={chainId} />
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

/** What a line cannot say: why it failed or was not run, who decided and why, what an unknown outcome needs. */
function Below({ action, chainId }: { action: ActionView; chainId: string }): ReactNode {
  const { error, acts, state, attempts } = action
  const isRecovered = state === 'succeeded' && attempts.at(-1)?.outcomeBy === 'probe'
  const pending = state === 'confirming' ? (attempts.at(-1)?.pending ?? '') : null
  if (!error && acts.length === 0 && !isRecovered && state !== 'unknown' && pending === null) return null
  return (
    <div className="below">
      {error && (
        <p className="cause">
          <span className="grow">
            <Text value={error.message} max={600} canExpand />{' '}
            {state !== 'superseded' && <code className="muted">{error.code}</code>}
            {attempts.length > 1 && <span className="muted"> after {attempts.length} attempts</span>}
          </span>
        </p>
      )}
      <Acts acts={acts} about={visibleText(action.label, 100)} />
      {pending !== null && (
        <p className="muted">
          It was requested, and its target is read until it says so, also after a restart.{' '}
          <Text value={pending} max={600} canExpand />{' '}
          <a className="link" href={href('containments')}>
            Active containments
          </a>
        </p>
      )}
      {isRecovered && <p className="muted">Tocsin was stopped while it ran. A check afterwards found it done.</p>}
      {state === 'unknown' && <UnknownAnswers actionId={action.id} chainId={chainId} act={action} />}
    </div>
  )
}
