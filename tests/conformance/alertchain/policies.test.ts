// What policies of every generation see and may write (`behaviour/alertchain.md` §0, §3, §4, §7).
import { afterEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { AlertChainWorld, attrsOf, type MockAction } from '../../fakes/alert-chain.ts'

let world: AlertChainWorld
afterEach(() => world.close())

const open = async (files: Record<string, string>, mock: MockAction = () => null, env: Record<string, string> = {}) =>
  void (world = await AlertChainWorld.open(files, { mock }, env))

const ID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string
const ALERT_A = 'package alert.a\n\nalert contains {"title": "t"}\n'

describe('the input of run', () => {
  it('is AlertChain’s, with what Tocsin adds', async () => {
    await open(
      {
        'alert.rego': `package alert.a

alert contains {
	"title": "t",
	"description": "d",
	"source": "s",
	"namespace": "",
	"id": "mine",
	"schema": "mine",
	"created_at": "mine",
}
`,
        'action.rego': `package action

run contains {"id": "first", "name": "n", "uses": "mock", "args": {"input": input}, "commit": commits} if input.seq == 0

run contains {"id": "second", "uses": "mock", "args": {"input": input}, "force": true} if input.seq == 1

run contains {"id": "third", "uses": "mock", "args": {"input": input}} if input.seq == 2

commits := [
	{"key": "k", "path": "result.n", "value": "unused"},
	{"id": "given", "key": "fallback", "path": "nope", "value": 0, "type": "text", "ttl": 60, "persist": true},
	{"key": "nothing", "path": "nope"},
]
`,
      },
      (args) => {
        if ((args['input'] as JsonObject)['seq'] === 1) throw new Error('refused')
        return { result: { n: 7 } }
      },
      { KEY: 'value' },
    )
    await world.handle('a', { b: '<&>\u2028', a: [1e3, {}] })
    const [first, second, third] = world.calls.map(({ args }) => args['input'] as JsonObject)
    const alert = {
      id: ID,
      schema: 'a',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      title: 't',
      description: 'd',
      source: 's',
      namespace: '',
      refs: null,
      data: { b: '<&>\u2028', a: [1000, {}] },
      raw: '{\n  "a": [\n    1000,\n    {}\n  ],\n  "b": "\\u003c\\u0026\\u003e\\u2028"\n}\n',
    }
    expect(first).toEqual({
      alert: { ...alert, attrs: null },
      env: { KEY: 'value' },
      seq: 0,
      called: null,
      declined: [],
    })
    const attribute = { type: '', persist: false, ttl: 0 }
    const attrs = [
      { ...attribute, id: ID, key: 'k', value: 7 },
      { id: 'given', key: 'fallback', value: 0, type: 'text', ttl: 60, persist: true },
    ]
    const called = {
      id: 'first',
      name: 'n',
      uses: 'mock',
      args: { input: first },
      force: false,
      abort: false,
      commit: [
        { ...attribute, id: '', key: 'k', value: 7, path: 'result.n' },
        { id: 'given', key: 'fallback', value: 0, type: 'text', ttl: 60, persist: true, path: 'nope' },
      ],
      result: { result: { n: 7 } },
      status: 'succeeded',
    }
    expect(second).toEqual({
      alert: { ...alert, attrs },
      env: { KEY: 'value' },
      seq: 1,
      called: [called],
      declined: [],
    })
    const failed = {
      id: 'second',
      name: '',
      uses: 'mock',
      args: { input: second },
      force: true,
      abort: false,
      commit: null,
      status: 'failed',
      error: { code: 'mock_failed', message: 'refused' },
    }
    expect(third).toEqual({
      alert: { ...alert, attrs },
      env: { KEY: 'value' },
      seq: 2,
      called: [called, failed],
      declined: [],
    })
  })

  it('has the event’s text as AlertChain writes it', async () => {
    await open({
      'alert.rego': ALERT_A,
      'action.rego':
        'package action\n\nrun contains {"id": "x", "uses": "mock", "args": {"raw": input.alert.raw, "has": "data" in object.keys(input.alert)}}\n',
    })
    const raws: [JsonValue, string][] = [
      [null, 'null\n'],
      [{}, '{}\n'],
      [[], '[]\n'],
      [5, '5\n'],
      [{ v: 1 }, '{\n  "v": 1\n}\n'],
      ['{"color": "blue"}', '"{\\"color\\": \\"blue\\"}"\n'],
    ]
    for (const [event] of raws) await world.handle('a', event)
    // A null event has no `data`.
    expect(world.calls.map(({ args }) => args)).toEqual(raws.map(([event, raw]) => ({ raw, has: event !== null })))
  })

  it('holds what was declined, and proposes neither it nor the same call again', async () => {
    await open({
      'alert.rego': ALERT_A,
      'action.rego': `package action

run contains {"id": "asked", "uses": "mock", "args": {"n": 1}, "approval": {"required": true, "expires_in": "1s"}}

run contains {"id": "told", "uses": "mock", "args": {"declined": input.declined, "called": input.called}} if input.seq == 1
`,
    })
    world.setMode('dry-run')
    const [alert] = await world.handle('a', null)
    expect(alert!.actions.map(({ policyId, state }) => [policyId, state])).toEqual([
      ['asked', 'skipped'],
      ['told', 'skipped'],
    ])
    const told = alert!.actions[1]!
    expect(told.args).toEqual({
      declined: [
        { id: 'asked', uses: 'mock', args: { n: 1 }, status: 'skipped', reason: expect.any(String) as string },
      ],
      called: null,
    })
  })

  it('an action sees the alert as its round began', async () => {
    await open({
      'alert.rego': ALERT_A,
      'action.rego':
        'package action\n\nrun contains {"id": id, "uses": "mock", "commit": [{"key": id, "value": 1}]} if some id in ["a", "b"]\n\nrun contains {"id": "c", "uses": "mock"} if input.seq == 1\n',
    })
    await world.handle('a', null)
    expect(world.calls.map(({ alert }) => attrsOf(alert))).toEqual([
      [],
      [],
      [
        ['a', 1],
        ['b', 1],
      ],
    ])
  })
})

describe('init, run and exit', () => {
  it('have AlertChain’s inputs', async () => {
    await open(
      {
        'alert.rego': 'package alert.a\n\nalert[{"title": "t"}]\n',
        'action.rego': `package action

init[{"attrs": [{"key": "init", "value": {"seq": input.seq, "keys": object.keys(input), "alert": input.alert.attrs}}]}] {
	input.seq == 0
}

run[{"id": id, "uses": "mock", "args": {"keys": object.keys(input), "called": input.called}}] {
	id := ["a", "b"][input.seq]
}

exit[{"attrs": [{"key": input.action.id, "value": seen}]}] {
	seen := {
		"keys": object.keys(input),
		"action": object.keys(input.action),
		"called": [one.id | one := input.called[_]],
		"attrs": [attr.key | attr := input.alert.attrs[_]],
		"env": input.env,
		"seq": input.seq,
	}
}
`,
      },
      () => ({ ok: true }),
      { KEY: 'value' },
    )
    const [alert] = await world.handle('a', null)
    const run = ['alert', 'called', 'declined', 'env', 'seq']
    expect(world.calls.map(({ args }) => args['keys'])).toEqual([run, run])
    expect(world.calls.map(({ args }) => args['called'] === null)).toEqual([true, false])
    const action = ['args', 'force', 'id', 'name', 'result', 'status', 'uses']
    const seen = { keys: ['action', ...run], action, env: { KEY: 'value' } }
    expect(alert!.attrs).toEqual([
      ['init', { seq: 0, keys: ['alert', 'env', 'seq'], alert: null }],
      ['a', { ...seen, called: ['a'], attrs: ['init'], seq: 0 }],
      ['b', { ...seen, called: ['a', 'b'], attrs: ['init', 'a'], seq: 1 }],
    ])
  })
})

describe('Rego', () => {
  const ALERTS: [string, string, string][] = [
    ['v0', 'v0', 'package alert.v0\n\nalert[res] {\n\tinput.ok == true\n\tres := {"title": "found"}\n}\n'],
    [
      'v0 with a deprecated built-in',
      'v0_any',
      'package alert.v0_any\n\nalert[{"title": "found"}] {\n\tall([input.ok])\n}\n',
    ],
    [
      'v0 with future.keywords',
      'v0_future',
      'package alert.v0_future\n\nimport future.keywords\n\nalert contains {"title": "found"} if input.ok\n',
    ],
    [
      'v0 with single keywords',
      'v0_single',
      'package alert.v0_single\n\nimport future.keywords.if\nimport future.keywords.contains\n\nalert contains {"title": "found"} if input.ok\n',
    ],
    ['v1', 'v1', 'package alert.v1\n\nalert contains {"title": "found"} if input.ok\n'],
    [
      'v1 with rego.v1',
      'v1_import',
      'package alert.v1_import\n\nimport rego.v1\n\nalert contains {"title": "found"} if input.ok\n',
    ],
    [
      'a dotted schema',
      'aws.guard_duty',
      'package alert.aws.guard_duty\n\nalert contains {"title": "found"} if input.ok\n',
    ],
    ['a quoted schema', 'my-schema', 'package alert["my-schema"]\n\nalert contains {"title": "found"} if input.ok\n'],
    [
      'a quoted part',
      'aws.my-schema',
      'package alert.aws["my-schema"]\n\nalert contains {"title": "found"} if input.ok\n',
    ],
    ['a schema that is a keyword', 'if', 'package alert["if"]\n\nalert contains {"title": "found"} if input.ok\n'],
    ['a rule with a dotted name', 'x.y', 'package alert\n\nx.y.alert contains {"title": "found"} if input.ok\n'],
    ['an array', 'list', 'package alert.list\n\nalert := [{"title": "found"} | input.ok]\n'],
    [
      'names in another case',
      'cased',
      'package alert.cased\n\nalert contains {"Title": "found", "ATTRS": null} if input.ok\n',
    ],
  ]

  it('takes every form in one folder', async () => {
    // A package is found by its name, not by its file's.
    const files = ALERTS.map(([, , source], index) => [`some/where/${index}.rego`, source])
    const action = 'package action\n\nrun contains {"id": "x", "uses": "mock"}\n'
    await open({ ...(Object.fromEntries(files) as Record<string, string>), 'action.rego': action })
    for (const [what, schema] of ALERTS) {
      expect([what, await world.handle(schema, { ok: false })]).toEqual([what, []])
      expect([what, await world.handle(schema, { ok: true })]).toEqual([what, [expect.anything()]])
    }
    const seen = world.calls.map(({ alert }) => [alert['title'], alert['schema']])
    expect(seen).toEqual(ALERTS.map(([, schema]) => ['found', schema]))
  })

  it('mixes generations, also in one package', async () => {
    await open({
      'v0.rego': 'package alert.a\n\nalert[{"title": "v0"}] {\n\tinput.ok\n}\n',
      'v1.rego': 'package alert.a\n\nalert contains {"title": "v1"} if input.ok\n',
      'v0_action.rego': 'package action\n\nrun[{"id": "v0", "uses": "mock"}] {\n\tinput.alert.title == "v0"\n}\n',
      'v1_action.rego':
        'package action\n\nimport rego.v1\n\nrun contains {"id": "v1", "uses": "mock"} if input.alert.title == "v1"\n',
    })
    await world.handle('a', { ok: true })
    expect(new Set(world.calls.map(({ alert }) => alert['title']))).toEqual(new Set(['v0', 'v1']))
  })

  it('sets come in OPA’s order, arrays in their own', async () => {
    await open({
      'set.rego': `package alert.set

alert contains {"title": "x"}

alert contains {"title": "b", "description": "d"}

alert contains {"title": "a", "attrs": {{"key": "z", "value": 1}, {"key": "y", "value": 1}, {"id": "2", "key": "x", "value": 1}}}

alert contains {"title": "a", "namespace": "n"}
`,
      'list.rego': 'package alert.list\n\nalert := [{"title": "b"}, {"title": "a"}]\n',
      'action.rego': `package action

run contains {"uses": "mock", "id": "zz", "args": {}} if input.seq == 0

run contains {"uses": "mock", "id": "a", "args": {"step": 3}} if input.seq == 0

run contains {"uses": "mock", "id": "b", "args": {"step": 2}} if input.seq == 0
`,
    })
    const answer = await world.receive('set', null)
    if (answer.kind !== 'stored') throw new Error(answer.kind)
    expect(answer.alerts.map(({ title, description, namespace }) => [title, description, namespace])).toEqual([
      ['a', '', ''],
      ['b', 'd', ''],
      ['a', '', 'n'],
      ['x', '', ''],
    ])
    expect(answer.alerts[0]!.attrs.map(({ key }) => key)).toEqual(['x', 'y', 'z'])
    await world.idle()
    const ofOne = world.calls.filter(({ alert }) => alert['title'] === 'x')
    expect(ofOne.map(({ args }) => args)).toEqual([{}, { step: 2 }, { step: 3 }])
    const list = await world.receive('list', null)
    expect(list.kind === 'stored' && list.alerts.map(({ title }) => title)).toEqual(['b', 'a'])
  })
})
