import type { ProblemStore } from '../store/problem-store.ts'
import type { ChainDeps } from './chain-deps.ts'

/** What of chains is listed under *Problems*: those that failed or came to the round limit, and unknown outcomes. */
export function chainProblems(problems: ProblemStore): Pick<ChainDeps, 'recordProblem' | 'resolveProblems'> {
  return {
    recordProblem(tx, { actionId, ...problem }) {
      const details = actionId === undefined ? null : { action: actionId }
      problems.add(tx, { ...problem, schema: '', eventId: null, details })
    },
    resolveProblems(tx, { chainId, actionId = null }, how) {
      problems.resolveOfChain(tx, chainId, actionId, how)
    },
  }
}
