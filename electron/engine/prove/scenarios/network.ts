import type { HttpFault } from '../stand-in-port.ts'
import { type Case, type Scenario } from './scenario.ts'

function needsService({ stage }: Case): string | null {
  return stage.http === undefined ? 'it calls no service, so nothing can happen on the way to one' : null
}

function network(
  about: Pick<Scenario, 'id' | 'title'>,
  fault: HttpFault,
  { mayBeUnknown }: { mayBeUnknown: boolean },
): Scenario {
  return {
    ...about,
    unless: needsService,
    async run(trial, { event, facts }) {
      if (!(await trial.toCard(event))) return
      const { traffic } = trial.desk
      traffic.fault = fault
      await trial.approve()
      await trial.settle()
      trial.judge({ mayBeUnknown })
      if (!facts.isIdempotent && fault !== 'limited' && traffic.changing > 1)
        trial.violates(`The request was sent ${traffic.changing} times although it may have taken effect`)
    },
  }
}

/** What the way to a service and the service itself do to the one request that changes the target. */
export const NETWORK: readonly Scenario[] = [
  network({ id: 'no_answer', title: 'No answer comes' }, 'no_answer', { mayBeUnknown: true }),
  network({ id: 'slow_answer', title: 'The answer comes after a long while' }, 'slow', { mayBeUnknown: false }),
  network({ id: 'answer_lost', title: 'The answer is lost after the effect' }, 'lost', { mayBeUnknown: true }),
  network({ id: 'refused', title: 'The service refuses' }, 'refused', { mayBeUnknown: false }),
  network({ id: 'rate_limited', title: 'The service is asked too often, twice' }, 'limited', { mayBeUnknown: false }),
]
