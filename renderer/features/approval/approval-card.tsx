import { type ReactNode, useRef } from 'react'
import type { ApprovalCard as Card } from '../../../shared/model/views.ts'
import { Failure, Loading } from '../../components/failure.tsx'
import { ActName, OwnTitle, Target } from '../../components/act-name.tsx'
import { When } from '../../components/age.tsx'
import { Irreversible } from '../../components/irreversible.tsx'
import { ActionStateWord, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useFocusWithin } from '../../lib/focus-within.ts'
import { useQuery } from '../../lib/query.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { actor, EFFECT_SENTENCES, shortHash } from '../../lib/words.ts'
import { Arguments } from './arguments.tsx'
import { ApprovalFooter } from './approval-footer.tsx'
import { CardWhy } from './card-why.tsx'
import { RefusedFooter } from './refused-footer.tsx'
import { StaleBand } from './stale-band.tsx'

export interface ApprovalCardProps {
  actionId: string
  /** The action's id in the policy, when it has one */
  label: string | null
  policyVersionId: string | null
  /** The heading's level where the card stands */
  level: 2 | 4
}

/** Everything that an approval is about, and the decision. Decided elsewhere, it shows the stored state in place. */
export function ApprovalCard({ actionId, label, policyVersionId, level }: ApprovalCardProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const { value: card, error, reload } = useQuery('approvals.get', { actionId }, { what: ['approvals', 'chains'] })
  const hasFocus = useFocusWithin(frame)
  if (!card) return error ? <Failure error={error} onRetry={reload} /> : <Loading what="the decision" />
  const isOpen = card.state === 'waiting'
  return (
    <div
      ref={frame}
      className={card.stale && isOpen ? 'card stale' : 'card'}
      role="group"
      aria-label={`Approval: ${visibleText(card.uses, 100)}`}
      tabIndex={-1}
    >
      <CardHead card={card} label={label} level={level} />
      <CardWhy
        card={card}
        label={visibleText(label ?? actText(card), 100)}
        policyVersionId={policyVersionId}
        hasKey={level === 2 || hasFocus}
      />
      <dl>
        <dt>Arguments</dt>
        <dd data-decided="arguments">
          <Arguments card={card} />
        </dd>
        <CardPlan card={card} />
      </dl>
      <CardEffect card={card} />
      {isOpen && (card.refusal ? <RefusedFooter card={card} /> : <ApprovalFooter card={card} frame={frame} />)}
    </div>
  )
}

interface CardHeadProps {
  card: Card
  label: string | null
  level: 2 | 4
}

function CardHead({ card, label, level }: CardHeadProps): ReactNode {
  const Heading = `h${level}` as const
  return (
    <header data-decided="title">
      {card.stale && card.state === 'waiting' && <StaleBand differences={card.stale} />}
      <div className="top">
        <Heading>
          <ActName act={card} max={160} />
        </Heading>
        <span className="effect">{card.effect}</span>
        {card.confirm !== '' && <Irreversible />}
        <span className="grow" />
        <ActionStateWord state={card.state} hasIcon />
      </div>
      <p className="what">
        <OwnTitle act={card} max={300} />
        <Target act={card} max={400} />
      </p>
      <p className="muted">
        <Text value={card.effectSentence || EFFECT_SENTENCES[card.effect]} />{' '}
        <span className="mono nowrap">
          {label !== null && label !== card.uses && (
            <>
              <Text value={label} max={80} />{' '}
            </>
          )}
          <Text value={card.uses} max={80} />
        </span>
      </p>
    </header>
  )
}

function CardEffect({ card }: { card: Card }): ReactNode {
  const { undo, history } = card
  return (
    <dl>
      <dt>Undo</dt>
      <dd>
        {undo ? (
          <>
            <code>{undo.uses}</code> <Text value={undo.sentence} />
          </>
        ) : (
          <span className={card.effect === 'contain' ? 'c-medium' : 'muted'}>
            {card.confirm === ''
              ? 'Cannot be undone from here.'
              : 'Cannot be taken back, neither here nor at the service.'}
          </span>
        )}{' '}
        <span className="muted">
          {card.isIdempotent
            ? 'Doing it twice does no more than once.'
            : 'Never repeated by itself when its outcome is unknown.'}
        </span>
      </dd>
      {history.length > 0 && (
        <>
          <dt>Before</dt>
          <dd>
            <ul className="hist">
              {history.map((past, index) => (
                <li key={index}>
                  <span className="muted">
                    <When at={past.at} />
                  </span>
                  <span className="ell">
                    <ActName act={past} /> <OwnTitle act={past} />
                    {past.by && `, ${actor(past.by)}`}
                  </span>
                  <ActionStateWord state={past.state} />
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
      <dt>Bound to</dt>
      <dd>
        <span className="mono" title={card.boundHash}>
          {shortHash(card.boundHash)}
        </span>{' '}
        <span className="muted" title="What is approved: action, arguments, commits, plan, the round's input, policy">
          policy v{card.policyNumber}
        </span>{' '}
        {card.stale ? <State kind="stale">differs now</State> : <State kind="ok">matches</State>}
      </dd>
    </dl>
  )
}

function CardPlan({ card }: { card: Card }): ReactNode {
  return (
    <>
      <dt>Plan</dt>
      <dd>
        {card.canPreview ? (
          <div className="args">
            {card.plan.map((line) => (
              <PlanLine key={line.key} line={line} />
            ))}
          </div>
        ) : (
          <span className="muted">Cannot be previewed.</span>
        )}
      </dd>
    </>
  )
}

function PlanLine({ line }: { line: { key: string; value: string } }): ReactNode {
  return (
    <>
      <span className="k">{visibleText(line.key, 80)}</span>
      <span className="v">
        <Text value={line.value} max={400} canExpand />
      </span>
    </>
  )
}
