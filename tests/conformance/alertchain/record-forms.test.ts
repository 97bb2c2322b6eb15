// `data.json` in each form that AlertChain has had (`behaviour/alertchain.md` §6, with the example of §10.9), and what tells
// which one a scenario gets. The newest form has its own cases: `golden.test.ts`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formOfPolicies, recordForm } from '../../../electron/engine/play/record-form.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { CommandWorld } from '../../fakes/command.ts'
import { PlayWorld, type PlayResult } from '../../fakes/play-world.ts'

const commands = new CommandWorld()
afterAll(() => commands.remove())

let world: PlayWorld
beforeEach(() => {
  world = new PlayWorld()
})
afterEach(() => world.remove())

function recorded(version: string): JsonValue {
  const path = join(import.meta.dirname, '../../fixtures/alertchain/records', `${version}.json`)
  return JSON.parse(readFileSync(path, 'utf8')) as JsonValue
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/
/** Nanoseconds of this century. */
const MIN_NS = 1e18

/** What differs from run to run is named by what it is; times of the event itself are its own. */
function normalised(value: JsonValue, key = ''): JsonValue {
  if (typeof value === 'string' && UUID.test(value)) return '<uuid>'
  if (typeof value === 'string' && key === 'created_at' && TIME.test(value)) return '<time>'
  if (typeof value === 'number' && key.endsWith('_at') && value > MIN_NS) return '<ns>'
  if (Array.isArray(value)) return value.map((element) => normalised(element))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normalised(member, name)]))
}

/** The GuardDuty finding of AlertChain's example, and the answer of the chat. */
const EVENT = `input: import 'guardduty.json', schema: 'aws_guardduty'`
const ANSWER = `{ 'chatgpt.comment_alert': [{ choices: [{ message: { content: 'This is a test message.' } }] }] }`
const ENV = `{ CHATGPT_API_KEY: 'test_api_key_xxxxxxxxxx', SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/x' }`

const SHAPES = {
  event: `{ scenarios: [{ id: 's', title: 'S', event: import 'guardduty.json', schema: 'aws_guardduty', results: ${ANSWER} }], env: ${ENV} }`,
  playbook: `{ scenarios: [{ id: 's', title: 'S', events: [{ ${EVENT}, results: ${ANSWER} }] }], env: ${ENV} }`,
  results: `{ id: 's', title: 'S', events: [{ ${EVENT}, results: ${ANSWER} }], env: ${ENV} }`,
  file: `{ id: 's', title: 'S', events: [{ ${EVENT}, actions: ${ANSWER} }], env: ${ENV} }`,
}

/** AlertChain's example: `run` alone, in Rego v0. */
async function playExample(shape: keyof typeof SHAPES, more: Record<string, string> = {}): Promise<PlayResult> {
  world.copy('examples/basic').copy('examples/basic/guardduty.json', 'scenario/guardduty.json')
  const played = await world
    .write({ 'scenario/s.jsonnet': SHAPES[shape], ...more })
    .play({ output: 'policy/play/output' })
  expect(played.code).toBe(0)
  const text = readFileSync(join(world.folder, 'policy/play/output/s/data.json'), 'utf8')
  expect(text, 'one line').toMatch(/^\{"id":"s","title":"S","results":[^\n]*\}\n$/)
  return played
}

const OLDEST_TEST = `package play_test

test_played {
	result := data.play.output.s.results[0]
	result.alert.title == "Trojan:EC2/DropPoint!DNS"
	count(result.actions) == 2
	result.actions[0].action.id == "ask-gpt"
	result.actions[1].action.args.channel == "alert"
	result.actions[0].started_at <= result.actions[1].ended_at
}
`

const ROUNDS_TEST = `package play_test

test_played {
	result := data.play.output.s.results[0]
	second := result.actions[_]
	second.seq == 1
	second.run[_].id == "notify-slack"
}
`

describe('of policies that no version since v0.1.0 takes', () => {
  it('a scenario of one `event` is recorded as until v0.0.9', async () => {
    const { data } = await playExample('event')
    expect(normalised(data('s'))).toEqual(recorded('v0.0.9'))
  })

  it('a playbook is recorded as until v0.0.16: rounds, and the event in the alert', async () => {
    const { data } = await playExample('playbook')
    expect(normalised(data('s'))).toEqual(recorded('v0.0.16'))
  })

  it('a scenario file with `results` is a playbook’s', async () => {
    const { data } = await playExample('results')
    expect(normalised(data('s'))).toEqual(recorded('v0.0.16'))
  })

  it('a scenario file is recorded as until v0.0.20', async () => {
    const { data } = await playExample('file')
    expect(normalised(data('s'))).toEqual(recorded('v0.0.20'))
  })

  it('tests that read the oldest form get it, and pass', async () => {
    const { data } = await playExample('playbook', { 'policy/play/test.rego': OLDEST_TEST })
    expect(normalised(data('s'))).toEqual(recorded('v0.0.9'))
    const tested = await commands.runHere(['test', '-d', join(world.folder, 'policy')])
    expect(tested).toMatchObject({ code: 0, err: '1 passed, 0 failed, 0 in error, 0 skipped\n' })
  })

  it('tests that read rounds pass', async () => {
    await playExample('playbook', { 'policy/play/test.rego': ROUNDS_TEST })
    const tested = await commands.runHere(['test', '-d', join(world.folder, 'policy')])
    expect(tested).toMatchObject({ code: 0, err: '1 passed, 0 failed, 0 in error, 0 skipped\n' })
  })
})

describe('of `init`, `run` and `exit`', () => {
  const ACTION = `package action

init[x] { x := {"attrs": [{"key": "color", "value": "blue", "global": true}]} }
run[x] { input.seq == 0; x := {"id": "a", "uses": "http.fetch"} }
run[x] { input.seq == 0; x := {"id": "b", "uses": "slack.post"} }
exit[x] { input.action.id == "b"; x := {"abort": true} }
`
  const write = (action: string, scenario: JsonObject): PlayWorld =>
    world.write({
      'policy/alert.rego': 'package alert.t\n\nalert[{"title": "T"}]\n',
      'policy/action.rego': action,
      'scenario/p.jsonnet': { scenarios: [{ id: 's', title: 'S', ...scenario }] },
    })
  const actionsOf = ({ data }: PlayResult): JsonValue[] =>
    (data('s')['results'] as { actions: JsonValue[] }[]).flatMap(({ actions }) => actions)

  it('v0.0.16 has them by round, without `force`', async () => {
    const played = await write(ACTION, { events: [{ input: { v: 1 }, schema: 't', results: {} }] }).play()
    const color = { id: '', key: 'color', value: 'blue', type: '', global: true, ttl: 0 }
    expect(actionsOf(played)).toEqual([
      {
        seq: 0,
        init: [{ abort: false, attrs: [color] }],
        run: [
          { id: 'a', name: '', uses: 'http.fetch', args: null },
          { id: 'b', name: '', uses: 'slack.post', args: null },
        ],
        exit: [{ abort: true, attrs: null }],
      },
    ])
  })

  it('v0.0.9 has the actions alone', async () => {
    const played = await write(ACTION, { event: { v: 1 }, schema: 't' }).play()
    expect(actionsOf(played)).toMatchObject([{ action: { id: 'a' } }, { action: { id: 'b' } }])
  })

  it('v0.0.9 keeps what ran before its round failed, and says the error as text', async () => {
    const action = ACTION.replace('"uses": "slack.post"', '"uses": "nope"')
    const played = await write(action, { event: { v: 1 }, schema: 't' }).play()
    expect(played.code).toBe(1)
    expect(actionsOf(played)).toMatchObject([{ action: { id: 'a', result: null } }])
    expect(played.data('s')['error']).toContain('action not found')
  })
})

describe('of `run` and `commit`', () => {
  const play = (flag: string): Promise<PlayResult> =>
    world
      .write({
        'policy/alert.rego':
          'package alert.t\n\nalert contains {"title": "T", "attrs": [{"key": "color", "value": "blue"}]}\n',
        'policy/action.rego': `package action

run contains {"id": "a", "uses": "http.fetch", "commit": [{"key": "v", "path": "v"}, {"key": "kept", "value": true, "${flag}": true}]} if input.seq == 0
run contains {"id": "b", "uses": "slack.post"} if input.seq == 1
`,
        'scenario/s.jsonnet': {
          id: 's',
          title: 'S',
          events: [{ input: 1, schema: 't', actions: { 'http.fetch': [{ v: 7 }] } }],
        },
      })
      .play()

  it('v0.1.0 said `global`, and wrote no path', async () => {
    const { data } = await play('global')
    expect(normalised(data('s'))).toEqual(recorded('v0.1.0'))
    expect(readFileSync(join(world.folder, 'output/s/data.json'), 'utf8')).toMatch(/^\{\n {2}"id": "s",\n/)
  })

  it('later ones say `persist`, and null for no commits', async () => {
    const { data } = await play('persist')
    expect(data('s')['results']).toMatchObject([
      {
        alert: { attrs: [{ persist: false }] },
        actions: [{ commit: [{ path: 'v' }, { persist: true }] }, { commit: null }],
      },
    ])
  })
})

describe('what tells the form', () => {
  const source = (text: string, path = 'p.rego'): { path: string; source: string }[] => [{ path, source: text }]
  const v0 = { generation: 'commit', isActionV0: true } as const
  const v1 = { generation: 'commit', isActionV0: false } as const
  const exit = { generation: 'exit', isActionV0: false } as const

  it.each([
    ['`init` or `exit`, in either Rego', exit, 'run := []', 'v0.0.20'],
    ['`run` alone in Rego v0', v0, 'run[x] { x := {"id": "a"} }', 'v0.0.20'],
    ['commits in Rego v0, which only Tocsin takes', v0, 'run[x] { x := {"commit": []} }', 'v0.2.2'],
    ['`run` alone in Rego v1', v1, 'run contains {"id": "a"}', 'v0.2.2'],
    ['`global` in Rego v1', v1, 'x := {"global": true}', 'v0.1.0'],
    ['both names', v1, 'x := [{"global": true}, {"persist": true}]', 'v0.2.2'],
    ['the word elsewhere', v1, '# global\nx := {"title": "a global admin"}', 'v0.2.2'],
    ['a test of the oldest form', exit, 'test_a { data.output.s.results[0].actions[0].action.id == "x" }', 'v0.0.9'],
    ['`exit` itself reads an action', exit, 'exit[x] { input.action.id == "a" }\ntest_a { data.o.results }', 'v0.0.20'],
    ['such a test beside commits', v1, 'test_a if data.output.s.results[0].actions[0].action.id == "x"', 'v0.2.2'],
  ] as const)('%s', (_what, meta, text, form) => {
    expect(formOfPolicies(meta, source(text))).toBe(form)
  })

  it.each([
    ['v0.0.20', 'file', 'v0.0.20'],
    ['v0.0.20', 'playbook', 'v0.0.16'],
    ['v0.0.20', 'event', 'v0.0.9'],
    ['v0.0.9', 'file', 'v0.0.9'],
    ['v0.1.0', 'playbook', 'v0.1.0'],
    ['v0.2.2', 'event', 'v0.2.2'],
  ] as const)('policies of %s, a scenario as %s', (ofPolicies, shape, form) => {
    expect(recordForm(ofPolicies, { shape })).toBe(form)
  })
})
