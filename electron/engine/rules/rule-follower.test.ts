import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'

const ALERTS = `package alert.things

import rego.v1

alert contains {"title": title} if {
	some n in input.many
	title := sprintf("%v %v", [n, rand.intn("title", 1000)])
}

# METADATA
# title: both
alert contains {"title": "both"} if input.both

alert contains {"title": "both"} if input.both == "really"
`
const ALONE = 'package alert.alone\n\nimport rego.v1\n\nalert contains {"title": "t"}\n'
const ACTIONS = `package action

import rego.v1

run contains {"id": "note", "uses": "", "commit": [{"key": "seen", "value": input.env.GREETING}]} if input.seq == 0

run contains {"uses": "http.fetch", "args": {"method": "POST", "url": "https://192.0.2.1/x"}, "name": input.alert.title} if {
	"note" in {one.id | some one in input.called}
}
`

let world: EngineWorld
afterEach(() => world.close())

async function open(files: Record<string, string> = {}): Promise<void> {
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    const all = { 'alert/things.rego': ALERTS, 'alert/alone.rego': ALONE, 'action/main.rego': ACTIONS, ...files }
    for (const [path, source] of Object.entries(all)) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'ask' }
  })
  await world.ask('settings.set', { changes: { 'env.variables': { GREETING: 'hello' } } })
}

async function send(schema: string, body: object): Promise<void> {
  await world.engine.services().intake.receive({ ...delivery({ schema }), body: Buffer.from(JSON.stringify(body)) })
  await world.idle()
}

/** `[title, rules]` of every alert, or `[uses, rules]` of every action, once all that is stored is named. */
async function named(kind: 'alert' | 'action'): Promise<[string, string | null][]> {
  const { ruleFollower, store } = world.engine.services()
  await ruleFollower?.run()
  const what = kind === 'alert' ? 'title' : 'uses'
  const sql = `SELECT s.${what}, (SELECT group_concat(r.id, ' ' ORDER BY r.id) FROM rule_of AS o JOIN rule AS r ON r.no = o.rule_no
      WHERE o.subject_kind = '${kind}' AND o.subject_seq = s.seq) FROM ${kind} AS s ORDER BY s.seq`
  return store.db.prepare(sql).raw().all() as [string, string | null][]
}

const THINGS = 'alert.things/alert@alert/things.rego'

describe('the rules of alerts and actions', () => {
  it('are named exactly, several where several gave the same, and shown with the alert', async () => {
    await open()
    await send('alone', {})
    await send('things', { many: [1, 2], both: 'really' })
    await send('things', { both: true })
    const alerts = await named('alert')
    expect(alerts.map(([title, rules]) => [title.replace(/ \d+$/, ''), rules])).toEqual([
      ['t', 'alert.alone/alert@alert/alone.rego#1'],
      ['1', `${THINGS}#1`],
      ['2', `${THINGS}#1`],
      ['both', `${THINGS}#3 ${THINGS}#both`],
      ['both', `${THINGS}#both`],
    ])
    const { id } = world.engine.services().store.db.prepare('SELECT id FROM alert WHERE seq = 4').get() as {
      id: string
    }
    expect(await world.ask('alerts.get', { id })).toMatchObject({ rules: [`${THINGS}#3`, `${THINGS}#both`] })
    const perAlert = [
      ['', 'action/run@action/main.rego#1'],
      ['http.fetch', 'action/run@action/main.rego#2'],
    ]
    const actions = await named('action')
    expect(actions).toHaveLength(2 * alerts.length)
    for (const [uses, rules] of actions) expect(perAlert).toContainEqual([uses, rules])
  })

  it('go on from the watermark, and are not looked for while there is no idle time', async () => {
    await open()
    await send('alone', {})
    expect(await named('alert')).toHaveLength(1)
    const { store } = world.engine.services()
    store.db.exec("UPDATE rule SET id = 'as it was' WHERE id LIKE 'alert.alone%'")
    await send('things', { both: true })
    const isUnderLoad = vi.spyOn(world.engine.services().intake, 'isUnderLoad').mockReturnValue(true)
    expect((await named('alert')).map(([, rules]) => rules)).toEqual(['as it was', null])
    isUnderLoad.mockRestore()
    expect((await named('alert')).map(([, rules]) => rules)).toEqual(['as it was', `${THINGS}#both`])
    await world.restart()
    expect((await named('alert')).map(([, rules]) => rules)).toEqual(['as it was', `${THINGS}#both`])
  })

  it('are named at once for the alert that somebody looks at, and its screen is told', async () => {
    await open()
    await send('things', { both: true })
    const { store } = world.engine.services()
    const id = store.db.prepare('SELECT id FROM alert').pluck().get() as string
    world.topics.length = 0
    await world.ask('alerts.get', { id })
    await vi.waitFor(() =>
      expect(world.topics).toContainEqual(['changed', expect.objectContaining({ what: ['alerts'], alertIds: [id] })]),
    )
    expect(await world.ask('alerts.get', { id })).toMatchObject({ rules: [`${THINGS}#both`], why: { row: 12 } })
  })

  it('are the rule as a whole where age has taken what would tell them apart', async () => {
    await open()
    await send('things', { both: true })
    await send('alone', {})
    const { store } = world.engine.services()
    await store.writer.commit('retention', () =>
      store.db.exec(`DELETE FROM event_body; UPDATE event SET body_deleted_at = 1`),
    )
    expect((await named('alert')).map(([, rules]) => rules)).toEqual([
      'alert.things/alert',
      'alert.alone/alert@alert/alone.rego#1',
    ])
  })

  it.each([
    ['commit', ''],
    ['exit', 'init contains {"attrs": [{"key": "begun", "value": input.seq}]} if input.seq == 0'],
  ])('are those of the actions in later rounds, where what was settled is left out: %s', async (_generation, init) => {
    const always =
      'run contains {"id": "a", "uses": "http.fetch", "force": true, "args": {"method": "GET", "url": "https://127.0.0.1:1/x"}}'
    const later = always.replace('"a"', '"b"').replace('/x', '/y')
    await open({
      'action/main.rego': ['package action', '', 'import rego.v1', '', init, always, `${later} if input.seq > 0`].join(
        '\n',
      ),
    })
    await send('alone', {})
    await named('action')
    const sql = `SELECT a.policy_id, a.round_no, a.position, r.id FROM action AS a JOIN rule_of AS o ON o.subject_kind = 'action' AND o.subject_seq = a.seq
      JOIN rule AS r ON r.no = o.rule_no ORDER BY a.seq`
    expect(world.engine.services().store.db.prepare(sql).raw().all()).toEqual([
      ['a', 0, 0, 'action/run@action/main.rego#1'],
      ['b', 1, 0, 'action/run@action/main.rego#2'],
    ])
  })

  it('evaluates each rule under the handles that the whole saw', async () => {
    await open({
      'action/main.rego': `package action

import rego.v1

run contains {"id": "a", "uses": "http.fetch", "name": input.env.TOKEN, "args": {"method": "POST", "url": "https://192.0.2.1/x", "data": input.env.TOKEN}}

run contains {"id": "b", "uses": ""} if input.seq == 99
`,
    })
    await world.ask('secrets.set', { name: 'TOKEN', value: 'a-secret-value-of-some-length', hosts: [] })
    await send('alone', {})
    expect(await named('action')).toEqual([['http.fetch', 'action/run@action/main.rego#1']])
  })
})
