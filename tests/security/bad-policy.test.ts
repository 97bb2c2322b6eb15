import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import { AlertChainWorld } from '../fakes/alert-chain.ts'
import { post, startDesk, type TestDesk } from './receiver-kit.ts'

/*
 * Wrong types in what a policy puts out: the rows B103 to B110 of docs/SECURITY.md. The policies say what the event says, so
 * that every case is one event. Each names the rule and the field, and loses nothing.
 */

/** Fields of an attribute, where a list of them is expected. */
const ATTRIBUTE_CASES: [JsonValue, string][] = [
  [{ key: 'k' }, ' is an object, an array or a set is expected'],
  ['k', ' is a string, an array or a set is expected'],
  [['k'], '[0] is a string, an object is expected'],
  [[{ id: 1 }], '[0].id is a number, a string is expected'],
  [[{ key: ['k'] }], '[0].key is an array, a string is expected'],
  [[{}, { type: {} }], '[1].type is an object, a string is expected'],
  [[{ persist: 'yes' }], '[0].persist is a string, a boolean is expected'],
  [[{ global: 1 }], '[0].global is a number, a boolean is expected'],
  [[{ ttl: '60' }], '[0].ttl is a string, an integer is expected'],
  [[{ ttl: 1.5 }], '[0].ttl is a number, an integer is expected'],
]

describe('alert', () => {
  let world: AlertChainWorld
  beforeAll(async () => {
    const policy = 'package alert.a\n\nalert := input.alert\n\nsibling := 1\n'
    world = await AlertChainWorld.open({ 'alert.rego': policy, 'action.rego': 'package action\n\nrun := []\n' })
  })
  afterAll(() => world.close())

  it.each<[JsonValue, string]>([
    ['found', 'data.alert is a string, an array or a set is expected'],
    [{ title: 'found' }, 'data.alert is an object, an array or a set is expected'],
    [true, 'data.alert is a boolean, an array or a set is expected'],
    [['found'], 'alert[0] is a string, an object is expected'],
    [[{ title: 5 }], 'alert[0].title is a number, a string is expected'],
    [[{ title: 'ok' }, { title: ['x'] }], 'alert[1].title is an array, a string is expected'],
    [[{ description: {} }], 'alert[0].description is an object, a string is expected'],
    [[{ source: false }], 'alert[0].source is a boolean, a string is expected'],
    [[{ namespace: ['n'] }], 'alert[0].namespace is an array, a string is expected'],
    [[{ refs: 'https://example.com' }], 'alert[0].refs is a string, an array or a set is expected'],
    [[{ refs: ['https://example.com'] }], 'alert[0].refs[0] is a string, an object is expected'],
    [[{ refs: [{ title: 1 }] }], 'alert[0].refs[0].title is a number, a string is expected'],
    [[{ refs: [{ url: null }, { url: [] }] }], 'alert[0].refs[1].url is an array, a string is expected'],
    ...ATTRIBUTE_CASES.map(([attrs, message]): [JsonValue, string] => [[{ attrs }], `alert[0].attrs${message}`]),
  ])('[B103] %j', async (alert, message) => {
    const answer = await world.receive('a', { alert })
    expect(answer).toMatchObject({
      kind: 'problem',
      problem: { code: 'policy_result', message: `The policy's ${message}: change the rule and re-process` },
    })
    if (answer.kind !== 'problem') throw new Error(answer.kind)
    expect(world.store.events.get(answer.eventId)).toMatchObject({ outcome: 'problem' })
    expect(JSON.parse(new TextDecoder().decode(world.store.events.body(answer.eventId)!))).toEqual({ alert })
    expect(world.store.problems.openOfEvent(answer.eventId)).toMatchObject({ id: answer.problem.id })
  })

  it('[B104] severity, tags and dedup fall back rather than losing the alert', async () => {
    const [alert] = await world.handle('a', {
      alert: [{ title: 'found', severity: 5, tags: 'x', dedup: { a: 1 } }],
    })
    expect(world.store.alerts.get(alert!.chain.subjectId)).toMatchObject({ severity: 'info', tags: [], title: 'found' })
  })
})

/** The chain of one alert whose action policy says what its event says, with the problems that it left. */
async function chainOf(world: AlertChainWorld, event: JsonObject) {
  const before = world.calls.length
  const [handled] = await world.handle('a', event)
  const { chain } = handled!
  const problems = world.store.db.prepare('SELECT code, message FROM problem WHERE chain_id = ?').all(chain.id)
  const { error } = world.store.db.prepare('SELECT error FROM chain WHERE id = ?').get(chain.id) as { error: string }
  expect(world.store.alerts.get(chain.subjectId)).toMatchObject({ title: 'found' })
  return { ...handled!, problems, error: JSON.parse(error) as JsonValue, calls: world.calls.length - before }
}

describe('run', () => {
  let world: AlertChainWorld
  beforeAll(async () => {
    world = await AlertChainWorld.open(
      {
        'alert.rego': 'package alert.a\n\nalert contains {"title": "found"}\n',
        'action.rego': 'package action\n\nrun := input.alert.data.run if input.seq == 0\n',
      },
      { mock: () => ({ n: 1 }) },
    )
  })
  afterAll(() => world.close())

  const EXPECTED_APPROVAL = 'a boolean or {required, reason, expires_in, editable, at_end} is expected'

  it.each<[JsonValue, string]>([
    ['mock', 'data.run is a string, an array or a set is expected'],
    [{ uses: 'mock' }, 'data.run is an object, an array or a set is expected'],
    [['mock'], 'run[0] is a string, an object is expected'],
    [[{ id: 5 }], 'run[0].id is a number, a string is expected'],
    [[{ name: [] }], 'run[0].name is an array, a string is expected'],
    [[{ uses: 5 }], 'run[0].uses is a number, a string is expected'],
    [[{ uses: 'mock' }, { uses: ['mock'] }], 'run[1].uses is an array, a string is expected'],
    [[{ uses: 'mock', args: 'x' }], 'run[0].args is a string, an object is expected'],
    [[{ uses: 'mock', args: [1] }], 'run[0].args is an array, an object is expected'],
    [[{ uses: 'mock', force: 'yes' }], 'run[0].force is a string, a boolean is expected'],
    [[{ uses: 'mock', abort: 1 }], 'run[0].abort is a number, a boolean is expected'],
    [[{ uses: 'mock', effect: 5 }], 'run[0].effect is a number, a string is expected'],
    [[{ uses: 'mock', effect: 'loud' }], 'run[0].effect is "loud": observe, notify or contain is expected'],
    [[{ uses: 'mock', approval: 'yes' }], `run[0].approval is "yes": ${EXPECTED_APPROVAL}`],
    [[{ uses: 'mock', approval: [true] }], `run[0].approval is [true]: ${EXPECTED_APPROVAL}`],
    [[{ uses: 'mock', approval: { required: 'no' } }], 'run[0].approval.required is "no": a boolean is expected'],
    [[{ uses: 'mock', approval: { editable: 0 } }], 'run[0].approval.editable is 0: a boolean is expected'],
    [[{ uses: 'mock', approval: { reason: ['r'] } }], 'run[0].approval.reason is ["r"]: text is expected'],
    [[{ uses: 'mock', approval: { expires_in: 'soon' } }], 'run[0].approval.expires_in is "soon": seconds'],
    [[{ uses: 'mock', commit: [{ path: 5 }] }], 'run[0].commit[0].path is a number, a string is expected'],
    ...ATTRIBUTE_CASES.map(([commit, message]): [JsonValue, string] => [
      [{ uses: 'mock', commit }],
      `run[0].commit${message}`,
    ]),
  ])('[B105] %j', async (run, message) => {
    const { chain, error, problems, calls, actions } = await chainOf(world, { run })
    expect([chain.state, calls, actions]).toEqual(['failed', 0, []])
    const said = expect.stringContaining(`The policy's ${message}`) as string
    expect(error).toEqual({ code: 'policy_result', message: said })
    expect(problems).toEqual([{ code: 'policy_error', message: said }])
  })

  it.each<[string, JsonObject, string]>([
    ['a path that is none', { key: 'k', path: '$[' }, 'commit_path'],
    ['neither path nor value', { key: 'k' }, 'commit_empty'],
  ])('[B106] a commit with %s fails its action before it runs', async (_what, commit, code) => {
    const given = { id: 'given', uses: 'mock', commit: [commit] }
    for (const action of [given, { ...given, uses: '' }]) {
      const { chain, actions, calls, error } = await chainOf(world, { run: [{ id: 'before', uses: 'mock' }, action] })
      expect([chain.state, calls]).toEqual(['failed', 1])
      expect(error).toMatchObject({ code, message: expect.stringContaining('"') as string })
      expect(actions.map(({ policyId, state }) => [policyId, state])).toEqual([
        ['before', 'succeeded'],
        ['given', 'failed'],
      ])
    }
  })

  it('[B107] a path that would keep the engine busy is given up, the outcome stands and the value is taken', async () => {
    const path = '$.list[?match(@, "(a+)+")]'
    await world.close()
    world = await AlertChainWorld.open(
      {
        'alert.rego': 'package alert.a\n\nalert contains {"title": "found"}\n',
        'action.rego': `package action\n\nrun contains {"id": "x", "uses": "mock", "commit": [{"key": "k", "path": ${JSON.stringify(path)}, "value": "instead"}]}\n`,
      },
      { mock: () => ({ list: [`${'a'.repeat(40)}b`] }) },
    )
    const [alert] = await world.handle('a', null)
    expect([alert!.chain.state, alert!.attrs]).toEqual(['completed', [['k', 'instead']]])
  })
})

describe('init and exit', () => {
  let world: AlertChainWorld
  beforeAll(async () => {
    const rules = ['init', 'exit'].map((rule) => `${rule} := input.alert.data.${rule} if input.alert.data.${rule}`)
    world = await AlertChainWorld.open(
      {
        'alert.rego': 'package alert.a\n\nalert contains {"title": "found"}\n',
        'action.rego': `package action\n\n${rules.join('\n\n')}\n\nrun contains {"id": "x", "uses": "mock"}\n`,
      },
      { mock: () => ({ n: 1 }) },
    )
  })
  afterAll(() => world.close())

  const cases = (rule: string): [JsonValue, string][] => [
    ['abort', `data.${rule} is a string, an array or a set is expected`],
    [{ abort: true }, `data.${rule} is an object, an array or a set is expected`],
    [['abort'], `${rule}[0] is a string, an object is expected`],
    [[{ abort: 'yes' }], `${rule}[0].abort is a string, a boolean is expected`],
    ...ATTRIBUTE_CASES.map(([attrs, message]): [JsonValue, string] => [[{ attrs }], `${rule}[0].attrs${message}`]),
  ]

  it.each(cases('init'))('[B108] init: %j', async (init, message) => {
    const { chain, error, problems, calls } = await chainOf(world, { init })
    const said = expect.stringContaining(`The policy's ${message}`) as string
    expect([chain.state, calls]).toEqual(['failed', 0])
    expect(error).toEqual({ code: 'policy_result', message: said })
    expect(problems).toEqual([{ code: 'policy_error', message: said }])
  })

  it.each(cases('exit'))('[B109] exit: %j; what has run stands', async (exit, message) => {
    const { chain, problems, calls, actions, attrs } = await chainOf(world, { exit })
    const said = expect.stringContaining(`The policy's ${message}`) as string
    expect(problems).toEqual([{ code: 'policy_result', message: said }])
    expect([chain.state, calls, attrs]).toEqual(['aborted', 1, []])
    expect(actions.map(({ policyId, state }) => [policyId, state])).toEqual([['x', 'succeeded']])
  })
})

describe('authz', () => {
  let desk: TestDesk
  beforeAll(async () => {
    const policies = { 'authz/http.rego': 'package authz.http\n\ndeny := json.unmarshal(input.query.deny[0])\n' }
    desk = await startDesk({ policies })
  })
  afterAll(() => desk.close())

  it.each(['"yes"', '1', '{}', '[true]'])('[B110] deny is %s: refused', async (deny) => {
    const events = desk.rows('event')
    const answer = await post(desk.port, `/alert/a?deny=${encodeURIComponent(deny)}`, '{}')
    expect(answer).toMatchObject({ status: 500, json: { code: 'authz_failed' } })
    expect(desk.rows('event')).toBe(events)
    expect(JSON.stringify(desk.log.lines.slice(-2))).toMatch(
      /The policy's authz\.http\.deny is an? (?:string|number|object|array), a boolean is expected/,
    )
  })
})
