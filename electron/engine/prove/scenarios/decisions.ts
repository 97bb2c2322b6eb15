import { ALWAYS, type Scenario } from './scenario.ts'

const HOUR_MS = 3_600_000
/** Longer than any approval waits. */
const YEARS_MS = 2 * 366 * 24 * HOUR_MS

/** What happens between the card and the effect. */
export const DECISIONS: readonly Scenario[] = [
  {
    id: 'approved_twice',
    title: 'Approved twice, in two windows at once and once more',
    unless: ALWAYS,
    async run(trial, { event }) {
      if (!(await trial.toCard(event))) return
      const answers = await Promise.all([trial.approve(), trial.approve()])
      await trial.settle()
      answers.push(await trial.approve())
      await trial.desk.service.whenIdle()
      const decided = answers.filter(Boolean).length
      if (decided !== 1) trial.violates(`${decided} of three approvals counted`)
      if (trial.action().state !== 'succeeded') trial.violates('It did not run')
      trial.judge()
    },
  },
  {
    id: 'target_changed',
    title: 'The target is changed by somebody else between approval and execution',
    unless: ({ stage }) =>
      stage.changeElsewhere === undefined
        ? 'its plan rests on no target that it could read: what is sent is what the card shows'
        : null,
    async run(trial, { event }) {
      if (!(await trial.toCard(event))) return
      const { stage, life } = trial.desk
      let isChanged = false
      // At the commit of the decision: after every look that the approval rests on.
      life.watch((label) => {
        if (label !== 'chain-decide' || isChanged) return null
        isChanged = true
        stage.changeElsewhere?.()
        trial.say('somebody else changed the target')
        return null
      })
      await trial.approve()
      const { state } = await trial.settle()
      if (stage.made().length > 0) trial.violates('It was carried out on a target that was not the one of the card')
      if (state === 'succeeded') trial.violates('The desk says that it succeeded')
      trial.judge()
    },
  },
  {
    id: 'policy_changed',
    title: 'The policy is changed between card and approval, and proposes it no longer',
    unless: ALWAYS,
    async run(trial, { event }) {
      if (!(await trial.toCard(event))) return
      await trial.desk.changePolicy()
      trial.say('another policy version went live')
      if (await trial.approve()) trial.violates('An approval counted that was asked for by another policy')
      await trial.settle()
      if (trial.desk.stage.made().length > 0) trial.violates('It was carried out')
      trial.judge()
    },
  },
  {
    id: 'approval_expired',
    title: 'Nobody decides in time, and the approval comes late',
    unless: ALWAYS,
    async run(trial, { event }) {
      if (!(await trial.toCard(event))) return
      trial.desk.clock.pass(YEARS_MS)
      trial.say('let its time pass')
      if (await trial.approve()) trial.violates('An approval counted after its time was up')
      const { state } = await trial.settle()
      if (state !== 'expired') trial.violates(`It did not expire: ${state}`)
      if (trial.desk.stage.made().length > 0) trial.violates('It was carried out')
      trial.judge()
    },
  },
]
