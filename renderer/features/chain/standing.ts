import type { ActionState } from '../../../shared/model/states.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { CHAIN_WORDS } from '../../lib/words.ts'
import { whatHappened } from './what-happened.ts'

/** Whether an action still waits for what a dialog is about to say of it. */
export function useActionStanding(chainId: string, actionId: string, awaited: ActionState): Standing {
  const { value: chain } = useQuery('chains.get', { id: chainId }, { what: ['chains', 'approvals', 'state'] })
  if (!chain) return OPEN
  const action = chain.rounds.flatMap((round) => round.actions).find((each) => each.id === actionId)
  if (!action) return { is: 'over', says: 'This action is not stored any more.' }
  return action.state === awaited ? OPEN : { is: 'over', says: whatHappened(action) }
}

/** Whether a chain can still be stopped. */
export function useChainStanding(chainId: string): Standing {
  const { value: chain } = useQuery('chains.get', { id: chainId }, { what: ['chains', 'approvals', 'state'] })
  if (!chain || chain.finishedAt === null) return OPEN
  const actions = chain.rounds.flatMap((round) => round.actions)
  const stopped = actions.find(({ decision }) => decision?.outcome === 'withdrawn' && decision.by === 'analyst')
  if (stopped) return { is: 'over', says: whatHappened(stopped) }
  return {
    is: 'over',
    says: `The chain has ended meanwhile: ${CHAIN_WORDS[chain.state].word.toLowerCase()}. There is nothing to stop.`,
  }
}
