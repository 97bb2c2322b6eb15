import type { ReactNode } from 'react'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { Button } from '../../components/button.tsx'
import { ActionStateWord } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useCommands } from '../../lib/commands.ts'
import { defangText } from '../../lib/defang.ts'
import { useQuery } from '../../lib/query.ts'
import { navigate } from '../../lib/route.ts'

const WHAT = ['chains', 'approvals'] as const

/** What this window decided last, what it came to, and the way to its alert. */
export function LastDecided({ actionId }: { actionId: string }): ReactNode {
  const { value: card } = useQuery('approvals.get', { actionId }, { what: WHAT })
  const { value: chain } = useQuery('chains.get', card ? { id: card.chainId } : null, { what: WHAT })
  const action = chain?.rounds.flatMap((round) => round.actions).find((each) => each.id === actionId)
  const alertId = card?.alertId
  const open = () => alertId !== undefined && navigate('inbox', alertId)
  useCommands([{ id: 'open', title: 'Open its alert', group: 'List', keys: ['Enter'], run: open }])
  if (!card) return null
  return (
    <section className="last-decided" aria-label="Your last decision">
      <p className="row">
        {action && <ActionStateWord state={action.state} hasIcon />}
        <span className="strong ell">
          <ActName act={card} max={160} />
        </span>
      </p>
      <p className="muted">
        <OwnTitle act={card} max={200} />
      </p>
      {action?.error && (
        <p className="failed">
          <Text value={action.error.message} max={400} />
        </p>
      )}
      <p className="muted">
        Because of <Text value={defangText(card.alertTitle)} max={200} />
      </p>
      <p className="row">
        <Button look="main" keys="Enter" onClick={open}>
          Open its alert
        </Button>
      </p>
    </section>
  )
}
