import type { Trap } from '../life.ts'
import type { Trial } from '../trial.ts'
import { ALWAYS, type Scenario } from './scenario.ts'

function crash(
  about: Pick<Scenario, 'id' | 'title'> & { where: string },
  trapOf: (trial: Trial) => Trap,
  { mustRun = false, mayBeUnknown }: { mustRun?: boolean; mayBeUnknown: (canProbe: boolean) => boolean },
): Scenario {
  const { id, title, where } = about
  return {
    id,
    title,
    unless: ALWAYS,
    async run(trial, { event, facts }) {
      if (!(await trial.toCard(event))) return
      await trial.approveAndDie(trapOf(trial), where)
      const { state } = await trial.settle()
      trial.judge({ mayBeUnknown: mayBeUnknown(facts.canProbe) })
      if (mustRun && state !== 'succeeded') trial.violates(`What was approved was forgotten: ${state}`)
    },
  }
}

const INTENT = 'chain-intent'

/** The process is killed around the row that is committed before every effect. */
export const CRASHES: readonly Scenario[] = [
  crash(
    { id: 'killed_before_intent', title: 'Killed before the intent is stored', where: 'before the intent' },
    () => (label) => (label === INTENT ? 'before' : null),
    { mustRun: true, mayBeUnknown: () => false },
  ),
  crash(
    { id: 'killed_after_intent', title: 'Killed after the intent, before the effect', where: 'after the intent' },
    () => (label) => (label === INTENT ? 'after' : null),
    // Whether its request had left is seen by nobody where a service shows late what it took.
    { mayBeUnknown: () => true },
  ),
  crash(
    {
      id: 'killed_after_effect',
      title: 'Killed after the effect, before its outcome is stored',
      where: 'after the effect',
    },
    (trial) => () => (trial.desk.stage.made().length > 0 ? 'before' : null),
    { mayBeUnknown: (canProbe) => !canProbe },
  ),
]
