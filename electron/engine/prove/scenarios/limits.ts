import type { Trial } from '../trial.ts'
import type { Case, Scenario } from './scenario.ts'

function unlessNamed({ facts }: Case): string | null {
  if (!facts.isContaining) return 'it contains nothing: only what does is held off protected targets'
  return facts.names.some((name) => name !== '') ? null : 'it names no target that could be protected'
}

function names({ facts }: Case): string[] {
  return facts.names.filter((name) => name !== '').slice(0, 1)
}

function judge(trial: Trial): void {
  if (trial.desk.stage.made().length > 0) trial.violates('It was carried out on a protected target')
  if (trial.action().state === 'succeeded') trial.violates('The desk says that it succeeded')
  trial.judge()
}

/** What bounds containing whatever policies and analysts say. */
export const LIMITS: readonly Scenario[] = [
  {
    id: 'protected_target',
    title: 'The target is a protected one',
    unless: unlessNamed,
    protects: names,
    async run(trial, { event }) {
      const proposed = await trial.propose(event)
      if (proposed === null) return
      if (proposed.state === 'waiting') {
        await trial.look()
        await trial.approve()
      }
      await trial.settle()
      judge(trial)
    },
  },
  {
    id: 'protected_meanwhile',
    title: 'The target is protected between card and approval',
    unless: unlessNamed,
    async run(trial, tried) {
      if (!(await trial.toCard(tried.event))) return
      trial.desk.protected.push(...names(tried))
      trial.say('its target was protected')
      if (await trial.approve()) trial.say('the approval counted')
      await trial.settle()
      judge(trial)
    },
  },
]
