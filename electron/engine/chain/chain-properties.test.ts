import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type Behaviour, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import type { SettledOutcome } from '../actions/action-port.ts'
import { isFinished, isSettled } from './records/transitions.ts'

/** How many random histories; each takes some milliseconds. */
const RUNS = 200
const KINDS = ['plain', 'idempotent', 'probed'] as const
type Kind = (typeof KINDS)[number]

/** One action of a random policy: its name carries effect and kind, so that the world knows how it behaves. */
const proposal = fc.record({
  effect: fc.constantFrom('observe', 'notify', 'contain'),
  kind: fc.constantFrom(...KINDS),
  outcome: fc.constantFrom<SettledOutcome['outcome']>('succeeded', 'succeeded', 'failed', 'unknown'),
  force: fc.boolean(),
  abort: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  approval: fc.constantFrom<JsonValue>(null, null, true, false),
  commit: fc.constantFrom<JsonValue>(
    [],
    [{ id: 'r', key: 'r', value: 1, persist: true }],
    [{ key: 'x', path: 'none', value: 2 }],
  ),
})
const rounds = fc.array(fc.array(proposal, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
const decision = fc.record({
  pick: fc.nat(5),
  answer: fc.constantFrom(
    'approve',
    'approve',
    'reject',
    'expire',
    'done',
    'not_done',
    'again',
    'stop',
    'rerun',
    'crash',
    'publish',
    'mode',
    'mode',
  ),
})
const deaths = fc.array(
  fc.record({ commits: fc.integer({ min: 1, max: 12 }), when: fc.constantFrom<'before' | 'after'>('before', 'after') }),
  { maxLength: 3 },
)
const histories = fc.record({
  rounds,
  decisions: fc.array(decision, { maxLength: 12 }),
  deaths,
  namespace: fc.constantFrom('', 'n'),
})
type History = typeof histories extends fc.Arbitrary<infer T> ? T : never

interface Remote {
  world: ChainWorld
  /** Effects that happened outside, by attempt key. */
  effects: Map<string, number>
}

function script(history: History, version: number) {
  return (input: JsonObject): JsonValue => ({
    run: (history.rounds[Number(input['seq'])] ?? []).map((one, index) => ({
      id: `${Number(input['seq'])}.${index}`,
      uses: one.abort ? '' : `${one.effect}.${one.kind}.${one.outcome}`,
      args: { index, version: index === 0 ? version : 0 },
      force: one.force,
      abort: one.abort,
      commit: one.commit,
      approval: one.approval,
    })),
  })
}

function behaviour(remote: Remote, kind: Kind, outcome: SettledOutcome['outcome']): Behaviour {
  return {
    isIdempotent: kind === 'idempotent',
    ...(kind === 'probed'
      ? { probe: ({ key }) => (remote.effects.has(key) ? { state: 'done', result: null } : { state: 'not_done' }) }
      : {}),
    run: ({ key }) => {
      remote.effects.set(key, (remote.effects.get(key) ?? 0) + 1)
      if (outcome === 'succeeded') return { outcome, result: { key } }
      return { outcome, error: { code: outcome, message: outcome } }
    },
  }
}

async function openRemote(history: History): Promise<Remote> {
  const world = await openChainWorld()
  const remote: Remote = { world, effects: new Map() }
  for (const effect of ['observe', 'notify', 'contain'])
    for (const kind of KINDS)
      for (const outcome of ['succeeded', 'failed', 'unknown'] as const)
        world.actions.on(`${effect}.${kind}.${outcome}`, behaviour(remote, kind, outcome))
  world.policy.publish(script(history, 0))
  return remote
}

const NEVER = { commits: Number.POSITIVE_INFINITY, when: 'before' } as const

/** Does something and waits until nothing moves; when the process dies on the way, another one goes on. */
async function survive(
  remote: Remote,
  death: History['deaths'][number] | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  const { world } = remote
  const { commits, when } = death ?? NEVER
  const died = world.dieAt(commits, when).then(() => true)
  const worked = (async () => {
    await work()
    await world.service.whenIdle()
    return false
  })()
  if (await Promise.race([worked, died])) await world.crash()
}

async function decide(
  remote: Remote,
  step: History['decisions'][number],
  given: History,
  version: number,
): Promise<void> {
  const { world } = remote
  const open = world.chains
    .openChains()
    .flatMap((chain) => world.actionsOf(chain.id))
    .filter(({ state }) => state === 'waiting' || state === 'unknown')
  const action = open[step.pick % Math.max(1, open.length)]
  const chains = world.store.db.prepare('SELECT id FROM chain ORDER BY seq').all() as { id: string }[]
  const chainId = chains[step.pick % Math.max(1, chains.length)]?.id ?? ''
  switch (step.answer) {
    case 'approve':
      if (action?.state === 'waiting') await world.approve(action.id, { isStaleConfirmed: true })
      return
    case 'reject':
      if (action?.state === 'waiting') await world.reject(action.id, 'no')
      return
    case 'expire':
      world.store.clock.advance(86_400_001)
      return
    case 'stop':
      await world.service.stopChain(chainId, 'stop')
      return
    case 'rerun':
      if (chains.length < 4)
        await world.service
          .rerun({
            id: chainId,
            what: step.pick % 2 === 0 ? 'failed' : 'everything',
            policy: 'same',
            isConfirmed: true,
          })
          .catch(expectedRefusal)
      return
    case 'crash':
      await world.crash()
      return
    case 'mode':
      world.setMode((['policy', 'ask', 'dry-run', 'off', 'policy', 'ask'] as const)[step.pick] ?? 'policy')
      await world.service.releaseHeld(step.pick % 2 === 0 ? 'run' : 'close')
      return
    case 'publish':
      world.policy.publish(script(given, version))
      return
    default:
      if (action?.state !== 'unknown') return
      await world.service
        .settleUnknown({ actionId: action.id, answer: step.answer, reason: 'looked' })
        .catch(expectedRefusal)
  }
}

const REFUSALS = ['not_finished', 'not_rerunnable', 'chain_stopped', 'run_open']

/** What may be refused: a re-run while an outcome is unknown or another run is open, another try in a stopped chain. Everything else is a defect. */
function expectedRefusal(error: unknown): void {
  if (!(error instanceof TocsinError) || !REFUSALS.includes(error.code)) throw error
}

const ATTEMPTS = `SELECT t.key, t.uses, t.mode, t.effect, a.needs_approval AS asked,
    (SELECT count(*) FROM act WHERE kind = 'attempt.again' AND subject_id = a.id) AS again,
    EXISTS (SELECT 1 FROM act WHERE kind = 'approval.approve' AND subject_id = a.id AND at <= t.intent_at) AS approved
  FROM attempt AS t JOIN action AS a ON a.id = t.action_id`

const DENIED = `SELECT a.uses, a.state, t.outcome, t.outcome_by FROM action AS a JOIN attempt AS t ON t.action_id = a.id
  WHERE a.state IN ('rejected', 'expired', 'skipped', 'superseded') AND NOT (t.outcome = 'failed' AND t.outcome_by = 'probe')
    AND t.no = (SELECT max(no) FROM attempt WHERE action_id = a.id)`

/** How often the analyst said *Try again*: each allows one more effect with the same key. */
function triedAgain(world: ChainWorld, key: string): number {
  const sql = `SELECT count(*) AS n FROM act WHERE kind = 'attempt.again' AND subject_id = (SELECT action_id FROM attempt WHERE key = ?)`
  return (world.store.db.prepare(sql).get(key) as { n: number }).n
}

function check(remote: Remote): void {
  const { world, effects } = remote
  const rows = world.store.db.prepare(ATTEMPTS).all() as {
    key: string
    uses: string
    asked: number
    approved: number
    mode: string
    effect: string
    again: number
  }[]
  // Nothing unapproved runs: what had to be asked has an approval that is older than the intent.
  expect(rows.filter(({ asked, approved }) => asked === 1 && approved === 0)).toEqual([])
  // Nothing runs unasked: under ask only what observes, or what the analyst approved or tried again.
  expect(rows.filter(({ mode, effect, asked }) => mode === 'ask' && effect !== 'observe' && asked === 0)).toEqual(
    rows.filter(({ mode, effect, asked, again }) => mode === 'ask' && effect !== 'observe' && asked === 0 && again > 0),
  )
  // Nothing runs twice: one effect for each key, but for idempotent actions and those that the analyst tried again.
  for (const [key, count] of effects) {
    const uses = rows.find((row) => row.key === key)?.uses ?? ''
    if (!uses.includes('.idempotent.')) expect(count).toBeLessThanOrEqual(1 + triedAgain(world, key))
  }
  // Nothing is lost: each effect has its intent row, each chain ended or waits for the analyst.
  for (const key of effects.keys()) expect(rows.some((row) => row.key === key)).toBe(true)
  for (const { id } of world.store.db.prepare('SELECT id FROM chain').all() as { id: string }[]) {
    const chain = world.chain(id)
    const actions = world.actionsOf(id)
    if (isFinished(chain.state)) expect(actions.filter(({ state }) => !isSettled(state))).toEqual([])
    else {
      expect(chain.state).toBe('waiting')
      expect(actions.some(({ state }) => state === 'waiting' || state === 'unknown')).toBe(true)
    }
  }
  // Nothing that may have happened is said not to have: only a probe's word excludes it.
  expect(world.store.db.prepare(DENIED).all()).toEqual([])
  // States move only along the table: a wrong move would have been thrown and logged.
  const defects = world.store.log.lines.filter(
    ({ level, message }) => level === 'error' && message !== 'A chain failed',
  )
  expect(defects).toEqual([])
}

describe('any policy, any decisions, any crash', () => {
  it('[S24] nothing unapproved runs, nothing runs twice, nothing is lost, states move along the table', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (given) => {
        const remote = await openRemote(given)
        try {
          await remote.world.queue({ namespace: given.namespace })
          await survive(remote, given.deaths[0], async () => undefined)
          for (const [index, step] of given.decisions.entries())
            await survive(remote, given.deaths[index + 1], () => decide(remote, step, given, index))
          // What dry-run and off hold back goes on: in the end each chain has ended or waits for the analyst.
          remote.world.setMode('policy')
          await remote.world.crash()
          check(remote)
        } finally {
          await remote.world.close()
        }
      }),
      { numRuns: RUNS },
    )
  })
})
