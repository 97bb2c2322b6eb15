import type { ReactNode } from 'react'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { ActionStateWord } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'
import { whatHappened } from '../chain/what-happened.ts'

interface SettledProps {
  actionId: string
  /** As it was listed; null when it never was */
  row: WaitingRow | null
  /** Goes to the next decision; null when there is none */
  onNext: (() => void) | null
}

const WHAT = ['chains', 'approvals'] as const

/** A decision that somebody else made, or nobody in time: it stays where it was until the analyst moves. */
export function Settled({ actionId, row, onNext }: SettledProps): ReactNode {
  const { value: card, error, reload } = useQuery('approvals.get', row ? null : { actionId }, { what: WHAT })
  const subject = row ?? card
  const { value: chain } = useQuery('chains.get', subject ? { id: subject.chainId } : null, { what: WHAT })
  const action = chain?.rounds.flatMap((round) => round.actions).find((each) => each.id === actionId)
  return (
    <div className="wdet" role="region" aria-label="Decision">
      <div className="ahead settled">
        {subject && (
          <div className="top">
            <h2 className="grow">
              <Text value={subject.title} max={300} />
            </h2>
            {action && <ActionStateWord state={action.state} hasIcon />}
          </div>
        )}
        {error && !subject && <Failure error={error} onRetry={reload} />}
        <p role="alert">{action ? whatHappened(action) : 'It does not wait any more.'}</p>
        <p className="muted">Nothing is to be decided here. No key decides the next one before you go there.</p>
        <p className="row">
          {onNext && (
            <Button keys="j" onClick={onNext}>
              Next decision
            </Button>
          )}
          {subject && (
            <Button look="ghost" keys="Enter" onClick={() => navigate('inbox', subject.alertId)}>
              Open alert
            </Button>
          )}
        </p>
      </div>
    </div>
  )
}
