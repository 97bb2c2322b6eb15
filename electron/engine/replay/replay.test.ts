import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import DatabaseConnection from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { FakeLog } from '../../../tests/fakes/ports.ts'
import { evaluatorBuild } from '../policy/evaluator-build.ts'
import { systemIds } from '../ports/system-ports.ts'
import { openReplay } from './open-replay.ts'
import { replay, type ReplayReport } from './replay-run.ts'

/** A built-in of OPA's own evaluator alone, random values, time, prints, an undefined document, an error, a byte order mark, text that is no UTF-8. */
const ALERTS = `package alert.things

alert contains {"title": sprintf("%v %v %v", [input.n, rand.intn("title", 1000), net.cidr_expand("192.0.2.0/31")]), "attrs": [{"key": "who", "value": input.who}]} if {
	print("seen", input.n, time.now_ns())
	input.n > 0
}
`
const CONFLICT = `package alert.conflict

alert := [{"title": "a"}] if input.n
alert := [{"title": "b"}] if input.n
`
const COMMIT_ACTIONS = `package action

run contains {"id": "note", "uses": "", "commit": [{"key": "seen", "value": uuid.rfc4122("seen")}]} if input.seq == 0

run contains {"id": "look", "uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x", "data": {"n": input.alert.data.n}}} if {
	count(input.alert.attrs) > 1
}
`
const EXIT_ACTIONS = `package action

init contains {"attrs": [{"key": "begun", "value": input.seq}]} if input.seq == 0

run contains {"id": sprintf("nothing-%v", [input.seq]), "uses": "http.fetch", "args": {"method": "GET", "url": "https://127.0.0.1:1/x"}, "force": true} if {
	input.seq < 2
}

exit contains {"attrs": [{"key": "ended", "value": [input.action.id, time.now_ns(), uuid.rfc4122("ended")]}]}
`

/** Everything that a record holds is seen: what ran and how it ended, what was declined, environment, time, random values. */
const ALL_ACTIONS = `package action

run contains {"id": id, "uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x"}} if {
	some id in {"one", "two"}
	input.seq == 0
}

run contains {"id": "forced", "uses": "http.fetch", "args": {"method": "GET", "url": "https://127.0.0.1:1/x"}, "force": true} if {
	input.seq == 0
}

run contains {"id": "later", "uses": "", "commit": [{"key": "seen", "value": seen}]} if {
	input.seq == 1
	print("seen", seen)
}

seen := [
	[[one.id, one.status] | some one in input.called],
	[[one.id, one.status] | some one in input.declined],
	input.env.GREETING,
	time.now_ns(),
	rand.intn("seen", 1000000),
]

broken := 1 if input.seq == 2

broken := 2 if input.seq == 2

run contains {"id": "never", "uses": "", "commit": [{"key": "never", "value": broken}]}
`

/** The guards of append-only tables stop the app, not somebody with a shell. */
const DROP_GUARDS = ['DROP TRIGGER decision_row_no_update', 'DROP TRIGGER event_decided_once']

let world: EngineWorld
afterEach(() => world.close({ isTampered: true }))

async function open(action: string, mode: ResponseMode = 'ask'): Promise<void> {
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [path, source] of Object.entries({
      'alert/a.rego': ALERTS,
      'alert/c.rego': CONFLICT,
      'action/a.rego': action,
    })) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    return { policyDir, starterDir: null, hasReceiver: false, mode }
  })
  await world.ask('settings.set', { changes: { 'env.variables': { GREETING: 'hello' } } })
}

async function send(schema: string, body: string | Uint8Array): Promise<void> {
  await world.engine.services().intake.receive({ ...delivery({ schema }), body: Buffer.from(body) })
  await world.idle()
}

async function replayed(): Promise<ReplayReport> {
  const { handles } = world.engine.services()
  const opened = openReplay(join(world.dataDir, 'tocsin.db'), { handles, ids: systemIds, log: new FakeLog() })
  const isOwnBuild = (hash: string): boolean => hash === evaluatorBuild()
  try {
    return await replay(opened, { since: 0, limit: 1e9, isOwnBuild })
  } finally {
    await opened.close()
  }
}

const WITH_ENV = expect.stringContaining('hello') as string

interface Recorded {
  kind: string
  /** How the first of the called, and of the declined actions ended. */
  called: string | null
  declined: string | null
  prints: string
  error: string | null
}

function recorded(): Recorded[] {
  const db = new DatabaseConnection(join(world.dataDir, 'tocsin.db'), { readonly: true })
  const rows = db
    .prepare(
      `SELECT kind, input_parts ->> '$.called[0].status' AS called, input_parts ->> '$.declined[0].status' AS declined,
         prints, error ->> '$.code' AS error FROM decision ORDER BY place, seq`,
    )
    .all() as Recorded[]
  db.close()
  return rows
}

/** Changes a row as somebody with a SQLite shell could. */
function tamper(sql: string): void {
  const db = new DatabaseConnection(join(world.dataDir, 'tocsin.db'))
  for (const drop of DROP_GUARDS) db.exec(drop)
  db.exec(sql)
  db.close()
}

describe('replay', () => {
  it('makes every decision of the commit generation again, exactly, beside the engine', async () => {
    await open(COMMIT_ACTIONS)
    await send('things', '{"n": 1, "who": "ann"}')
    await send('things', '\uFEFF{"n": 2, "who": "\\ud800"}')
    await send('things', Buffer.from('{"n": 3.0, "who": "a\xffb"}', 'latin1'))
    await send('things', '{"n": 0}')
    await send('conflict', '{"n": 1}')
    const [card] = (await world.ask('approvals.list', {})).rows
    expect(card).toBeDefined()
    await world.ask('approvals.get', { actionId: card?.actionId ?? '' })
    const report = await replayed()
    expect(report).toMatchObject({ different: 0, otherBuild: 0, bodyDeleted: 0, unrepeatable: 0 })
    expect(report.exact).toBe(report.decisions)
    expect(Object.keys(report.byKind).toSorted()).toEqual(['alert live full', 'alert live wasm', 'run live wasm'])
    expect(report.decisions).toBeGreaterThanOrEqual(5 + 3 * 2)
  })

  it('makes every decision of the init/run/exit generation again', async () => {
    await open(EXIT_ACTIONS)
    await send('things', '{"n": 1, "who": "ann"}')
    const report = await replayed()
    expect(report.differences).toEqual([])
    expect(report.exact).toBe(report.decisions)
    expect(Object.keys(report.byKind).toSorted()).toEqual([
      'alert live full',
      'exit live wasm',
      'init live wasm',
      'run live wasm',
    ])
  })

  it('makes decisions again that saw what failed, what was declined and what is around', async () => {
    await open(ALL_ACTIONS)
    await send('things', '{"n": 1, "who": "ann"}')
    const { rows } = await world.ask('approvals.list', {})
    expect(rows.length).toBe(2)
    for (const { actionId } of rows) {
      const { boundHash } = await world.ask('approvals.get', { actionId })
      await world.ask('approvals.reject', { actionId, boundHash, reason: 'no' })
    }
    await world.idle()
    const decisions = recorded()
    expect(decisions.filter(({ kind }) => kind === 'run')).toEqual([
      { kind: 'run', called: null, declined: null, prints: '[]', error: null },
      { kind: 'run', called: 'failed', declined: 'rejected', prints: WITH_ENV, error: null },
      { kind: 'run', called: 'failed', declined: 'rejected', prints: '[]', error: 'eval_conflict_error' },
    ])
    const report = await replayed()
    expect(report.differences).toEqual([])
    expect(report.exact).toBe(decisions.length)
  })

  it('makes decisions again that saw what a dry-run skipped', async () => {
    await open(ALL_ACTIONS, 'dry-run')
    await send('things', '{"n": 1, "who": "ann"}')
    const decisions = recorded()
    expect(decisions.map(({ declined }) => declined)).toContain('skipped')
    const report = await replayed()
    expect(report.differences).toEqual([])
    expect(report.exact).toBe(decisions.length)
  })

  it.each([
    [`UPDATE decision_row SET output = replace(output, 'look', 'took') WHERE output LIKE '%look%'`, 'output'],
    [`UPDATE event SET seed = 'another'; UPDATE decision_row SET seed = 'another' WHERE kind = 'alert'`, 'output'],
    [
      `UPDATE event SET prints = '["never"]'; UPDATE decision_row SET prints = '["never"]' WHERE kind = 'alert'`,
      'prints',
    ],
    [`UPDATE event_body SET body = CAST('{"n": 7}' AS BLOB)`, 'input'],
    [`UPDATE action SET args = '{"x": 1}', args_hash = 'x' WHERE state = 'succeeded'`, 'input'],
    [`UPDATE decision_row SET input_parts = json_set(input_parts, '$.env.X', 'y') WHERE kind = 'run'`, 'input'],
    [`UPDATE decision_row SET input_parts = 'null' WHERE kind = 'run'`, 'rows'],
    [`UPDATE decision_row SET error = '{"code":"eval_conflict_error","message":"m"}' WHERE kind = 'run'`, 'error'],
  ])('names what was changed behind the app: %s', async (sql, what) => {
    await open(COMMIT_ACTIONS)
    // The first starts the full evaluator, and is stored before it is decided about; the second is stored with its decision.
    await send('things', '{"n": 1, "who": "ann"}')
    await send('things', '{"n": 1, "who": "bob"}')
    tamper(sql)
    const report = await replayed()
    expect(report.different).toBeGreaterThan(0)
    expect(report.differences.map((difference) => difference.what)).toContain(what)
  })

  it('counts apart what age has taken', async () => {
    await open(COMMIT_ACTIONS)
    await send('things', '{"n": 1, "who": "ann"}')
    tamper('DELETE FROM event_body')
    const report = await replayed()
    expect(report).toMatchObject({ different: 0, exact: 0, bodyDeleted: report.decisions })
  })
})
