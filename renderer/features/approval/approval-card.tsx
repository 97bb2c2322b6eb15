import { type ReactNode, useState } from 'react'
import type { ApprovalCard as Card } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { When } from '../../components/age.tsx'
import { LitLines } from '../../components/lit-lines.tsx'
import { RulePlace } from '../../components/rule-place.tsx'
import { ActionStateWord, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { useQuery } from '../../lib/query.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actor, EFFECT_SENTENCES, shortHash } from '../../lib/words.ts'
import { Arguments } from './arguments.tsx'
import { ApprovalFooter } from './approval-footer.tsx'
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
  const { value: card, error, reload } = useQuery('approvals.get', { actionId }, { what: ['approvals', 'chains'] })
  if (!card) return error ? <Failure error={error} onRetry={reload} /> : <Loading what="the decision" />
  const isOpen = card.state === 'waiting'
  return (
    <div
      className={card.stale && isOpen ? 'card stale' : 'card'}
      role="group"
      aria-label={`Approval: ${visibleText(card.uses, 100)}`}
    >
      {card.stale && isOpen && <StaleBand differences={card.stale} />}
      <CardHead card={card} label={label} level={level} />
      <CardWhy card={card} policyVersionId={policyVersionId} />
      <dl>
        <dt>Arguments</dt>
        <dd>
          <Arguments card={card} />
        </dd>
      </dl>
      <CardEffect card={card} />
      {isOpen && <ApprovalFooter card={card} />}
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
    <header>
      <div className="top">
        <Heading>
          <Text value={card.title} max={300} />
        </Heading>
        <span className="effect">{card.effect}</span>
        <span className="grow" />
        <ActionStateWord state={card.state} hasIcon />
      </div>
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

function CardWhy({ card, policyVersionId }: { card: Card; policyVersionId: string | null }): ReactNode {
  const { asked, policyReason } = card
  return (
    <dl>
      <dt>Why</dt>
      <dd>
        {asked ? (
          <>
            <p className="row wrap">
              <span className="grow">
                <Text value={asked.sentence} />
              </span>
              {policyVersionId ? (
                <RulePlace versionId={policyVersionId} file={asked.file} row={asked.row} endRow={asked.endRow} />
              ) : (
                <code>
                  {asked.file}:{asked.row}
                </code>
              )}
            </p>
            {asked.lines.length > 0 && <LitLines lines={asked.lines} />}
          </>
        ) : (
          // An undo has a reason and no rule: the analyst asked for it.
          (policyReason === '' || card.canExplain) && <Unexplained card={card} />
        )}
        {policyReason && (
          <p>
            <Text value={policyReason} canExpand />
          </p>
        )}
      </dd>
    </dl>
  )
}

/** A round that proposes many actions does not wait for the rule of each: it is looked up when somebody wants to know. */
function Unexplained({ card }: { card: Card }): ReactNode {
  const [said, setSaid] = useState('')
  const [isBusy, setBusy] = useState(false)
  const lookUp = async () => {
    setBusy(true)
    const answer = await call('approvals.explain', { actionId: card.actionId })
    setBusy(false)
    setSaid(!answer.ok ? answer.error.message : answer.value.asked === null ? 'No single rule can be told.' : '')
  }
  return (
    <p className="row wrap">
      <span className="muted grow">
        Policy v{card.policyNumber} asks for it.{' '}
        <span role="status">
          {said || (card.canExplain ? 'Which rule was not looked up yet.' : 'Which line is not recorded.')}
        </span>
      </span>
      {card.canExplain && (
        <Button isSmall isBusy={isBusy} onClick={() => void lookUp()}>
          Look up the rule
        </Button>
      )}
    </p>
  )
}

function CardEffect({ card }: { card: Card }): ReactNode {
  const { undo, plan, history } = card
  return (
    <dl>
      <dt>Plan</dt>
      <dd>
        {card.canPreview ? (
          <div className="args">
            {plan.map((line) => (
              <PlanLine key={line.key} line={line} />
            ))}
          </div>
        ) : (
          <span className="muted">Cannot be previewed.</span>
        )}
        <p className="muted small">
          {card.isIdempotent
            ? 'Doing it twice does no more than once.'
            : 'Never repeated by itself when its outcome is unknown.'}
        </p>
      </dd>
      <dt>Undo</dt>
      <dd>
        {undo ? (
          <>
            <code>{undo.uses}</code> <Text value={undo.sentence} /> <span className="muted">Asks again.</span>
          </>
        ) : (
          <span className={card.effect === 'contain' ? 'c-medium' : 'muted'}>Cannot be undone from here.</span>
        )}
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
                    <Text value={past.title} max={200} />
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
        <span className="muted">action, arguments, plan, policy v{card.policyNumber}</span>{' '}
        {card.stale ? <State kind="stale">differs now</State> : <State kind="ok">matches</State>}
      </dd>
    </dl>
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
