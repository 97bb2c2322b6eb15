import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { countStates } from '../../../shared/model/state-counts.ts'
import type { ChainView, RoundView as Round } from '../../../shared/model/views.ts'
import { Icon } from '../../components/icon.tsx'
import { ActionMarks, actionsInWords } from '../../components/state.tsx'
import { duration, span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { ActionStep } from './action-step.tsx'
import { folded } from './alike.ts'
import { AlikeFold } from './alike-fold.tsx'

/** With more cards than this, one is read when it comes into sight. */
const CROWD = 5

export interface RoundViewProps {
  round: Round
  chain: ChainView
  /** Long chains fold rounds in which nothing failed or waits */
  foldsWell: boolean
}

/** One evaluation of the action policy and what it proposed. */
export function RoundView({ round, chain, foldsWell }: RoundViewProps): ReactNode {
  const endedWell = round.actions.every((action) => action.state === 'succeeded' || action.state === 'skipped')
  const [choice, setChoice] = useState<boolean | null>(null)
  const isOpen = choice ?? !(foldsWell && endedWell)
  const states = round.actions.map((action) => action.state)
  const counts = countStates(states)
  const isCrowd = states.filter((state) => state === 'waiting').length > CROWD
  const reason = round.no === 0 ? 'alert received' : count(round.newAttributes, 'new attribute')
  return (
    <section className="round" role="group" aria-label={`Round ${round.no}`}>
      <h4>
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? 'Fold' : 'Show'} round ${round.no}`}
          onClick={() => setChoice(!isOpen)}
        >
          <Icon of={isOpen ? ChevronDown : ChevronRight} />
        </button>
        Round {round.no}
        <span className="muted">{isOpen ? reason : `${reason}, ${count(states.length, 'action')}`}</span>
        {!isOpen && (
          <span className="glyphs" role="img" aria-label={`Actions: ${actionsInWords(counts)}`}>
            <ActionMarks counts={counts} />
          </span>
        )}
        <RoundTime round={round} />
      </h4>
      {isOpen && round.actions.length === 0 && <p className="muted small">Nothing proposed.</p>}
      {isOpen &&
        folded(round.actions).map((entry) =>
          'action' in entry ? (
            <ActionStep key={entry.action.id} action={entry.action} chain={chain} isCrowd={isCrowd} />
          ) : (
            <AlikeFold
              key={`${entry.alike[0]?.state} ${entry.alike[0]?.alike}`}
              actions={entry.alike}
              kind={entry.kind}
              chain={chain}
            />
          ),
        )}
    </section>
  )
}

function RoundTime({ round }: { round: Round }): ReactNode {
  const now = useNow()
  if (round.finishedAt !== null) return <span className="t">{duration(round.finishedAt - round.startedAt)}</span>
  const waiting = round.actions.filter((action) => action.state === 'waiting' || action.state === 'unknown')
  const since = Math.min(...waiting.map((action) => action.proposedAt))
  return <span className="t">{waiting.length > 0 ? `waiting ${span(now - since)}` : span(now - round.startedAt)}</span>
}
