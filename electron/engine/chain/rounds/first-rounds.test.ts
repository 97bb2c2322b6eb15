import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import DatabaseConnection from 'better-sqlite3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { delivery } from '../../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../../tests/fakes/engine.ts'
import { justBefore } from '../../../../tests/fakes/just-before.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { IntakeAnswer } from '../../intake/intake-answer.ts'
import { PROGRESS_FIRST_ROUNDS, type ThreadStart } from '../../policy/policy-protocol.ts'
import type { startWasmThread } from '../../policy/wasm-thread.ts'

/** The policy threads that were started, and what each says of where it is: the real ones. */
const threads = vi.hoisted((): { worker: Worker; progress: Int32Array }[] => [])
vi.mock(import('../../policy/wasm-thread.ts'), async (original) => {
  const real = await original()
  const start: typeof startWasmThread = (name, options) => {
    const worker = real.startWasmThread(name, options)
    const { progress } = options.workerData as ThreadStart // as policy-lane.ts starts it
    if (name === 'policy-thread') threads.push({ worker, progress: new Int32Array(progress) })
    return worker
  }
  return { ...real, startWasmThread: start }
})

const ALERTS = `alert contains {"title": input.title, "namespace": object.get(input, "namespace", "")}
`

/** Searching takes minutes and no memory; sixteen million times a text is more memory than there is. */
const ACTIONS = `package action

do := input.alert.data.do

run contains {"id": "note", "uses": "", "commit": [{"key": "greeting", "value": object.get(input.env, "GREETING", "none")}]} if {
	do == "commit"
	input.seq == 0
}

run contains {"id": "notify", "uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x"}} if do == "notify"

run contains {"id": "found", "uses": ""} if {
	do == "hang"
	contains(input.alert.data.text, input.alert.data.part)
}

s0 := input.alert.data.text if do == "blow up"

${Array.from({ length: 24 }, (_, i) => `s${i + 1} := concat("", [s${i}, s${i}])`).join('\n\n')}

run contains {"id": "long", "uses": "", "args": {"n": count(s24)}}
`
const ENDLESS = { do: 'hang', text: 'a'.repeat(340_000), part: `${'a'.repeat(170_000)}b` }
/** A second or so: long enough to be met at it, and it comes to an end. */
const SLOW = { do: 'hang', text: 'a'.repeat(60_000), part: `${'a'.repeat(30_000)}b` }
const LONG = { do: 'blow up', text: 'x'.repeat(1000) }

const world: { open: EngineWorld | null } = { open: null }
afterEach(async () => {
  vi.useRealTimers()
  await world.open?.close()
  world.open = null
  threads.length = 0
})

async function open(mode: ResponseMode = 'policy', action = ACTIONS, alerts = ALERTS): Promise<EngineWorld> {
  world.open = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    write(policyDir, { 'alert/door.rego': `package alert.door\n\n${alerts}`, 'action/main.rego': action })
    write(policyDir, { 'alert/window.rego': `package alert.window\n\n${ALERTS}` })
    return { policyDir, starterDir: null, hasReceiver: false, mode: null, defaultMode: mode }
  })
  return world.open
}

function write(policyDir: string, files: Record<string, string>): void {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(policyDir, path)), { recursive: true })
    writeFileSync(join(policyDir, path), source)
  }
}

function send({ engine }: EngineWorld, data: object, schema = 'door'): Promise<IntakeAnswer> {
  const body = JSON.stringify({ title: 'a title', ...data })
  return engine.services().intake.receive(delivery({ schema, body }))
}

function logOf({ folder }: EngineWorld): string {
  return readFileSync(join(folder, 'log'), 'utf8')
}

/** Ends the policy thread as soon as it is at a first round. */
async function killedInFirstRound(): Promise<void> {
  for (;;) {
    const at = threads.find(({ progress }) => Atomics.load(progress, PROGRESS_FIRST_ROUNDS) === 1)
    if (at) return void (await at.worker.terminate())
    await setImmediate()
  }
}

interface ChainRow {
  state: string
  error: string | null
  is_born_ended: number
  mode: string | null
}

const CHAINS = `SELECT state, error ->> '$.code' AS error, created_at = finished_at AND first_evaluator IS NOT NULL AS is_born_ended,
  (SELECT d.mode FROM decision AS d WHERE d.chain_id = c.id AND d.is_taken = 1 AND d.round_no = 0) AS mode FROM chain AS c ORDER BY seq`

/** Which decisions there are about first rounds: `[mode, whether it was taken, what it saw]`. */
const FIRST = `SELECT mode, is_taken, input_parts ->> '$.env.GREETING' AS greeting FROM decision WHERE kind = 'run' AND round_no = 0 ORDER BY place, seq`

function rows<Row>({ dataDir }: EngineWorld, sql: string): Row[] {
  const db = new DatabaseConnection(join(dataDir, 'tocsin.db'), { readonly: true })
  try {
    return db.prepare<[], Row>(sql).all()
  } finally {
    db.close()
  }
}

describe('an action policy that goes wrong while it is evaluated with its event', () => {
  it.each([
    ['hangs', ENDLESS, 'policy_timeout'],
    ['blows up', LONG, 'policy_memory'],
  ])('[S22] %s: its event and others are answered, and its chain fails by itself', async (_what, data, code) => {
    const engine = await open()
    const answers = [send(engine, data), send(engine, { do: '' }, 'window'), send(engine, { do: '' })]
    for (const answer of await Promise.all(answers))
      expect(answer).toMatchObject({ kind: 'stored', alerts: [{ title: 'a title' }] })
    // Nobody has waited for what goes wrong.
    expect(rows<ChainRow>(engine, CHAINS).filter(({ error }) => error !== null)).toEqual([])
    await engine.idle()
    const chains = rows<ChainRow>(engine, CHAINS).map(({ state, error }) => `${state} ${error}`)
    expect(chains.toSorted()).toEqual(['completed null', 'completed null', `failed ${code}`])
    // The alert policy is not to blame, and goes on where it was.
    expect(logOf(engine)).not.toContain('alert/door')
    expect(rows(engine, `SELECT id FROM event WHERE outcome <> 'alerts'`)).toEqual([])
    expect(rows(engine, `SELECT id FROM decision WHERE kind = 'alert' AND error IS NOT NULL`)).toEqual([])
  })

  it('[S22] its thread dies there: its event and others are answered, and its chain evaluates for itself', async () => {
    const engine = await open()
    const answers = Promise.all([send(engine, SLOW), send(engine, { do: '' }, 'window')])
    await killedInFirstRound()
    expect(await answers).toMatchObject([
      { kind: 'stored', alerts: [{ title: 'a title' }] },
      { kind: 'stored', alerts: [{ title: 'a title' }] },
    ])
    await engine.idle()
    expect(logOf(engine)).toContain('The policy thread ended')
    expect(rows<ChainRow>(engine, CHAINS)).toMatchObject([
      { state: 'completed', error: null, is_born_ended: 0 },
      { state: 'completed', error: null, is_born_ended: 0 },
    ])
    expect(rows(engine, FIRST)).toMatchObject([{ is_taken: 1 }, { is_taken: 1 }])
    expect(rows(engine, `SELECT id FROM decision WHERE error IS NOT NULL`)).toEqual([])
  })

  it('takes what was evaluated, with its failure, where it came in time', async () => {
    const engine = await open(
      'policy',
      `${ACTIONS}\nbroken := 1 if do == "fail"\n\nbroken := 2 if do == "fail"\n\nrun contains {"id": broken}\n`,
    )
    await send(engine, { do: 'fail' })
    await engine.idle()
    expect(rows(engine, CHAINS)).toEqual([
      { state: 'failed', error: 'eval_conflict_error', is_born_ended: 0, mode: 'policy' },
    ])
    expect(rows(engine, FIRST)).toHaveLength(1)
  })
})

it('draws for itself: what the alert policy drew says nothing of it, nor one alert of the next', async () => {
  const draw = 'rand.intn("n", 1000000000)'
  const engine = await open(
    'policy',
    `package action\n\nrun contains {"id": "draw", "uses": "", "commit": [{"key": "drawn", "value": ${draw}}]} if input.seq == 0\n`,
    `alert contains {"title": sprintf("%v", [n]), "attrs": [{"key": "drawn", "value": ${draw}}]} if some n in [1, 2]\n`,
  )
  await send(engine, {})
  await engine.idle()
  const drawn = rows<{ value: number }>(
    engine,
    `SELECT DISTINCT a.value ->> '$.value' AS value FROM chain AS c, json_each(c.attrs) AS a`,
  )
  expect(drawn).toHaveLength(3)
})

describe('an action policy that only the full evaluator knows', () => {
  it('is left to its chains: to make it ready takes longer than an event may be held up', async () => {
    const patched = 'patched := json.patch(input.alert, [])'
    const engine = await open(
      'policy',
      `${ACTIONS}\n${patched}\n\nrun contains {"id": "p", "uses": ""} if patched.title == "no"\n`,
    )
    for (const what of ['', 'commit']) await send(engine, { do: what })
    await engine.idle()
    expect(rows(engine, CHAINS)).toMatchObject([
      { state: 'completed', is_born_ended: 0 },
      { state: 'completed', is_born_ended: 0 },
    ])
    expect(rows(engine, `SELECT DISTINCT evaluator FROM decision WHERE kind = 'run'`)).toEqual([{ evaluator: 'full' }])
    expect(logOf(engine)).not.toContain('apart from the events')
  })
})

describe('what moves between the evaluation and the commit of an event', () => {
  it.each(['', 'commit'])('nothing: the round is taken as it is (%j)', async (what) => {
    const engine = await open()
    await send(engine, { do: what })
    await engine.idle()
    expect(rows(engine, CHAINS)).toEqual([
      { state: 'completed', error: null, is_born_ended: what === '' ? 1 : 0, mode: 'policy' },
    ])
    expect(rows(engine, FIRST)).toEqual([{ mode: 'policy', is_taken: 1, greeting: null }])
  })

  it.each(['', 'notify'])(
    '[S24] another mode: the evaluation is passed over, and the chain decides (%j)',
    async (what) => {
      const engine = await open('policy')
      justBefore(engine.engine.services().store.writer, 'event', () =>
        engine.ask('mode.set', { mode: 'dry-run', held: null }),
      )
      await send(engine, { do: what })
      await engine.idle()
      expect(rows(engine, CHAINS)).toEqual([{ state: 'completed', error: null, is_born_ended: 0, mode: 'dry-run' }])
      expect(rows<{ mode: string }>(engine, FIRST).toSorted((a, b) => a.mode.localeCompare(b.mode))).toEqual([
        { mode: 'dry-run', is_taken: 1, greeting: null },
        { mode: 'policy', is_taken: 0, greeting: null },
      ])
      expect(rows(engine, 'SELECT state FROM action')).toEqual(what === '' ? [] : [{ state: 'skipped' }])
    },
  )

  it.each(['run', 'close'] as const)('[S24] *Off*: the chain is held, until the analyst says %s', async (answer) => {
    const engine = await open('policy')
    justBefore(engine.engine.services().store.writer, 'event', () =>
      engine.ask('mode.set', { mode: 'off', held: null }),
    )
    await send(engine, { do: '' })
    await engine.idle()
    expect(rows(engine, CHAINS)).toEqual([{ state: 'queued', error: null, is_born_ended: 0, mode: null }])
    expect(rows(engine, FIRST)).toEqual([{ mode: 'policy', is_taken: 0, greeting: null }])
    await engine.ask('mode.set', { mode: 'policy', held: answer })
    await engine.idle()
    const state = answer === 'run' ? 'completed' : 'cancelled'
    expect(rows<ChainRow>(engine, CHAINS).map((chain) => chain.state)).toEqual([state])
    expect(rows<{ is_taken: number }>(engine, FIRST).filter(({ is_taken }) => is_taken === 1)).toHaveLength(
      answer === 'run' ? 1 : 0,
    )
  })

  it('a variable: what the chain sees decides, and what was seen before is on record', async () => {
    const engine = await open('policy')
    const changes = { 'env.variables': { GREETING: 'hello' } }
    justBefore(engine.engine.services().store.writer, 'event', () => engine.ask('settings.set', { changes }))
    await send(engine, { do: 'commit' })
    await engine.idle()
    expect(rows<ChainRow>(engine, CHAINS).map(({ state }) => state)).toEqual(['completed'])
    expect(rows(engine, FIRST)).toEqual([
      { mode: 'policy', is_taken: 0, greeting: null },
      { mode: 'policy', is_taken: 1, greeting: 'hello' },
    ])
    expect(rows(engine, `SELECT attrs ->> '$[0].value' AS value FROM chain`)).toEqual([{ value: 'hello' }])
  })

  it('a minute: the policy knows the time, and is asked again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const engine = await open('policy')
    justBefore(engine.engine.services().store.writer, 'event', () => vi.setSystemTime(Date.now() + 60_001))
    await send(engine, { do: 'commit' })
    await engine.idle()
    expect(rows<{ is_taken: number }>(engine, FIRST).map((round) => round.is_taken)).toEqual([0, 1])
  })

  it('the live policy: the version that made the alert decides about it', async () => {
    const engine = await open('policy')
    const { store, policy } = engine.engine.services()
    const before = policy.live()?.id
    const published = Promise.withResolvers<undefined>()
    const end = policy.onChange(() => published.resolve(undefined))
    justBefore(store.writer, 'event', async () => {
      writeFileSync(
        join(engine.folder, 'policy/action/main.rego'),
        'package action\n\nrun contains {"id": "other", "uses": ""}\n',
      )
      await published.promise
    })
    await send(engine, { do: '' })
    await engine.idle()
    end()
    expect(policy.live()?.id).not.toBe(before)
    expect(rows(engine, 'SELECT DISTINCT policy_version_id AS id FROM decision')).toEqual([{ id: before }])
    expect(rows(engine, 'SELECT policy_version_id AS id FROM chain')).toEqual([{ id: before }])
    expect(rows<ChainRow>(engine, CHAINS).map(({ state }) => state)).toEqual(['completed'])
    expect(rows(engine, 'SELECT id FROM action')).toEqual([])
  })

  it('a vault that cannot be asked: the event is stored, and the chain says why it failed', async () => {
    const engine = await open('policy')
    const { environment } = engine.engine.services()
    environment.forPolicies = () => Promise.reject(new Error('The vault is locked'))
    expect(await send(engine, { do: '' })).toMatchObject({ kind: 'stored', alerts: [{}] })
    await engine.idle()
    expect(rows<ChainRow>(engine, CHAINS).map(({ state }) => state)).toEqual(['failed'])
    expect(rows(engine, `SELECT error ->> '$.message' AS message FROM chain`)).toEqual([
      { message: 'The vault is locked' },
    ])
  })

  it('what cannot be stored: the event is, and the record says so', async () => {
    const engine = await open('policy')
    const refuse = (): never => {
      throw new Error('No such alert')
    }
    justBefore(engine.engine.services().store.writer, 'event', refuse)
    const answer = await send(engine, { do: '' })
    expect(answer).toMatchObject({ kind: 'problem', problem: { code: 'alert_not_stored', message: 'No such alert' } })
    expect(rows(engine, CHAINS)).toEqual([])
  })
})
