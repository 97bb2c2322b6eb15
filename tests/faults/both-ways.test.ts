import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import DatabaseConnection, { type Database } from 'better-sqlite3'
import { afterEach, expect, it, vi } from 'vitest'
import type { FirstRoundBasis } from '../../electron/engine/chain/rounds/first-round-at-hand.ts'
import type { IntakeAnswer } from '../../electron/engine/intake/intake-answer.ts'
import { Intake } from '../../electron/engine/intake/intake.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import type { ResponseMode } from '../../shared/model/states.ts'
import { delivery, textOf } from '../fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../fakes/engine.ts'
import { eventOf, WORKSPACES, type OneEvent } from './both-ways-events.ts'
import { COMPARED, rowsOf } from './both-ways-rows.ts'

/** Events that are under way together; fewer than make a storm. */
const TOGETHER = 6

const START = Date.UTC(2026, 0, 2)
const SEED = '5'.repeat(32)

type Way = 'with its event' | 'by its chain'

const RUNS: [workspace: keyof typeof WORKSPACES, mode: ResponseMode][] = [
  ['commit', 'policy'],
  ['commit', 'dry-run'],
  ['commit with raw', 'ask'],
  ['exit', 'policy'],
]

/** Some hundred in `npm test`; `npm run test:faults` makes it 10,000. */
const EVENTS = Math.ceil(Number(process.env['TOCSIN_FAULT_EVENTS'] ?? 384) / RUNS.length)

const worlds: EngineWorld[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

afterEach(() => vi.useRealTimers())

/** @param like another world, whose key makes the same handles */
async function open(workspace: keyof typeof WORKSPACES, mode: ResponseMode, like?: EngineWorld): Promise<EngineWorld> {
  const world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [path, source] of Object.entries(WORKSPACES[workspace])) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    const handleKey = 'vault/handle.key'
    if (like) cpSync(join(like.dataDir, handleKey), join(folder, 'data', handleKey))
    return { policyDir, starterDir: null, hasReceiver: false, mode }
  })
  worlds.push(world)
  await world.ask('settings.set', { changes: { 'env.variables': { GREETING: 'hello' } } })
  await world.ask('secrets.set', { name: 'TOKEN', value: 'a-token-of-the-test', hosts: [] })
  return world
}

/** The engine's intake, with ids and seeds that are the same in both ways; the slow way is that it asks for no first rounds. */
function intakeOf({ engine }: EngineWorld, way: Way): Intake {
  const { store, policy, handles, chains, environment, mode, log } = engine.services()
  const firstRoundBasis = async (): Promise<FirstRoundBasis> => ({
    mode: mode.current(),
    env: (await environment.forPolicies()).env,
  })
  let count = 0
  const uuid = (): string => `00000000-0000-7000-8000-${(count += 1).toString().padStart(12, '0')}`
  return new Intake({
    store,
    policy,
    broken: (body) => handles.brokenBytes(body),
    queueChain: (tx, alert, live, from) => chains.queueChain(tx, alert, live, from),
    ...(way === 'with its event' ? { firstRoundBasis } : {}),
    onAlerts: (alerts, queued, forms) => chains.wake(queued, alerts, forms),
    onChanged: () => {},
    // However busy the machine is: what is stored before it is evaluated has its decision in a row of its own.
    clock: { ...systemClock, after: () => () => {} },
    ids: { uuid, seed: () => SEED },
    log,
  })
}

/** @returns what the senders were answered, by event */
async function sendAll(world: EngineWorld, way: Way): Promise<string[]> {
  const intake = intakeOf(world, way)
  const handle = world.engine.services().handles.make('TOKEN')
  const answers: string[] = []
  for (const wave of waves(handle)) {
    vi.setSystemTime(START + answers.length * 10)
    const taken = wave.map(({ schema, body }) => intake.receive({ ...delivery({ schema }), body: Buffer.from(body) }))
    for (const answer of await Promise.all(taken)) answers.push(inWords(answer))
    await world.idle()
  }
  return answers
}

/** No two events of one namespace are under way together: which comes first would be chance. */
function* waves(handle: string): Generator<OneEvent[]> {
  let wave: OneEvent[] = []
  for (let index = 0; index < EVENTS; index += 1) {
    const event = eventOf(index, handle)
    const isTaken = event.namespace !== '' && wave.some(({ namespace }) => namespace === event.namespace)
    if (isTaken || wave.length === TOGETHER) {
      yield wave
      wave = []
    }
    wave.push(event)
  }
  yield wave
}

function inWords(answer: IntakeAnswer): string {
  if (answer.kind === 'refused') return `${answer.status} ${answer.code} ${answer.message}`
  if (answer.kind === 'problem') return JSON.stringify({ ...answer, problem: { ...answer.problem, id: '' } })
  return textOf(answer, true)
}

function read<T>({ dataDir }: EngineWorld, from: (db: Database) => T): T {
  const db = new DatabaseConnection(join(dataDir, 'tocsin.db'), { readonly: true })
  try {
    return from(db)
  } finally {
    db.close()
  }
}

/** What only one of them has: short, where a comparison of thousands of lines is not. */
function differing(fast: readonly string[] = [], slow: readonly string[] = []): string[] {
  const [inFast, inSlow] = [new Set(fast), new Set(slow)]
  const added = fast.filter((line) => !inSlow.has(line))
  const left = slow.filter((line) => !inFast.has(line))
  const counts = fast.length === slow.length ? [] : [`${fast.length} with the event, ${slow.length} by the chain`]
  return [
    ...counts,
    ...added.map((line) => `with the event: ${line}`),
    ...left.map((line) => `by the chain: ${line}`),
  ].slice(0, 10)
}

const PASSED_OVER = 'SELECT count(*) FROM decision_row WHERE is_taken = 0'
/** Seeds of first rounds are made of their events', which are all the same here; chains draw their own. */
const SAME_SEED = `SELECT max(n) FROM (
  SELECT count(*) AS n FROM decision_row WHERE kind = 'run' AND round_no = 0 AND is_taken = 1 GROUP BY seed)`
const BORN_ENDED = 'SELECT count(*) FROM chain WHERE first_evaluator IS NOT NULL AND created_at = finished_at'

it.each(RUNS)(
  `the first round with its event and by its chain leave the same rows: ${EVENTS} events, policy %s, mode %s`,
  async (workspace, mode) => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    const fast = await open(workspace, mode)
    const slow = await open(workspace, mode, fast)
    const answers = await sendAll(fast, 'with its event')
    const slowAnswers = await sendAll(slow, 'by its chain')
    expect(differing(answers, slowAnswers)).toEqual([])

    const [rows, slowRows] = [read(fast, rowsOf), read(slow, rowsOf)]
    for (const table of COMPARED) expect([table, ...differing(rows[table], slowRows[table])]).toEqual([table])
    const count = (world: EngineWorld, sql: string): unknown => read(world, (db) => db.prepare(sql).pluck().get())
    // Each way was gone, and the fast one has met records of namespaces that it could not know.
    expect([count(fast, SAME_SEED), count(slow, SAME_SEED)]).toEqual([expect.toSatisfy((n) => n > 10), 1])
    expect(count(slow, PASSED_OVER)).toBe(0)
    if (mode !== 'dry-run') expect(count(fast, PASSED_OVER)).toBeGreaterThan(0)
    if (workspace !== 'exit') expect(count(fast, BORN_ENDED)).toBeGreaterThan(EVENTS / 10)
  },
  60_000 + EVENTS * 100,
)
