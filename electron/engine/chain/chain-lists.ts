import type { ProblemStore } from '../store/problem-store.ts'
import type { TriageStore } from '../store/triage-store.ts'
import { ANALYST, type ChainDeps } from './chain-deps.ts'

interface Lists {
  problems: ProblemStore
  triage: TriageStore
}

/**
 * What chains change in lists: *Problems* names those that failed or came to the round limit, and unknown outcomes; an
 * alert leaves *New* once somebody decided about one of its actions.
 */
export function chainLists({
  problems,
  triage,
}: Lists): Pick<ChainDeps, 'recordProblem' | 'resolveProblems' | 'takeUp'> {
  return {
    recordProblem(tx, { actionId, ...problem }) {
      const details = actionId === undefined ? null : { action: actionId }
      problems.add(tx, { ...problem, schema: '', eventId: null, details })
    },
    resolveProblems(tx, { chainId, actionId = null }, how) {
      problems.resolveOfChain(tx, chainId, actionId, how)
    },
    takeUp(tx, alertIds) {
      for (const id of alertIds) triage.takeUp(tx, id, ANALYST, 'One of its actions was decided')
    },
  }
}
