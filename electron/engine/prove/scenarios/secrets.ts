import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { hasHandle } from '../../secrets/handles.ts'
import type { Trial } from '../trial.ts'
import type { Case, Scenario } from './scenario.ts'

/** Whatever the desk did with it: no value of a secret left it, and none is in its database. */
function judgeSecrets(trial: Trial): void {
  const { secrets } = trial.desk.world
  if (secrets.isIn(trial.desk.traffic.text)) trial.violates('The value of a secret left the desk')
  if (secrets.isIn(trial.desk.store.db.serialize().toString('latin1')))
    trial.violates('The value of a secret is in the database')
}

async function tryIt(trial: Trial, { event }: Case): Promise<void> {
  const proposed = await trial.propose(event)
  if (proposed === null) return
  if (proposed.state === 'waiting') {
    await trial.look()
    await trial.approve()
  }
  await trial.settle()
  judgeSecrets(trial)
}

/** The part of a handle that only who has the key can write. */
const MAC = /(?<=secret:[A-Za-z_][A-Za-z0-9_]*:)[0-9a-f]{64}/g

function forgedMac(): string {
  return randomBytes(32).toString('hex')
}

/** The first argument that takes no secret. */
function plainArg({ args, facts }: Case): string | null {
  const names = Object.keys(args).filter((name) => typeof args[name] === 'string')
  return names.find((name) => !facts.secretArgs.includes(name)) ?? null
}

/** Handles stand for secrets: what an event made up opens none, and a genuine one opens only where it belongs. */
export const SECRETS: readonly Scenario[] = [
  {
    id: 'forged_handle',
    title: 'A forged handle stands in the argument that takes a secret',
    unless: ({ args }) => (hasHandle(args) ? null : 'its proposal names no secret'),
    args: ({ args }) => JSON.parse(JSON.stringify(args).replace(MAC, forgedMac())) as JsonObject, // of the same shape
    run: tryIt,
  },
  {
    id: 'handle_elsewhere',
    title: 'A genuine handle stands in an argument that takes none',
    unless: (tried) => (plainArg(tried) === null ? 'it has no other argument that is text' : null),
    args: (tried, genuine) => ({ ...tried.args, [plainArg(tried) ?? '']: genuine }),
    async run(trial, tried) {
      await tryIt(trial, tried)
      if (trial.desk.stage.made().length > 0) trial.violates('It was carried out')
      trial.judge()
    },
  },
]
