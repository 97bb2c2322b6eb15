import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PlayWorld } from '../../../tests/fakes/play-world.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

let world: PlayWorld
beforeEach(() => {
  world = new PlayWorld().write({ 'policy/alert/t.rego': 'package alert.t\n\nalert contains {"title": "T"}\n' })
})
afterEach(() => world.remove())

const actionPolicy = (rules: string): Record<string, string> => ({
  'policy/action/main.rego': `package action\n\n${rules}\n`,
})
const event = (more: JsonObject = {}): JsonObject => ({ schema: 't', input: {}, ...more })

interface Action {
  id: string
  args: JsonObject
  state?: string
  decision?: JsonObject
  commit: { value: JsonValue }[] | null
}

function actionsOf(data: JsonObject, result = 0): Action[] {
  return (data['results'] as unknown as { actions: Action[] | null }[])[result]?.actions ?? []
}

describe('mocks', () => {
  const REPEAT = `run contains {"uses": "http.fetch", "commit": [{"key": "got", "path": "n", "value": "none"}]} if input.seq < 3`

  it('are taken call by call, and begin anew with each event; an exhausted queue answers null', async () => {
    world.write({
      ...actionPolicy(REPEAT),
      'scenario/s.jsonnet': {
        id: 's',
        events: [
          event({ actions: { 'http.fetch': [1, 2, 3, 4].map((n) => ({ n })) } }),
          event({ actions: { 'http.fetch': [{ n: 9 }] } }),
        ],
      },
    })
    const { code, data } = await world.play()
    expect(code).toBe(0)
    const got = [0, 1].map((result) => actionsOf(data('s'), result).map(({ commit }) => commit?.[0]?.value))
    expect(got).toEqual([
      [1, 2, 3],
      [9, 'none', 'none'],
    ])
  })

  it('go by the action that a name means', async () => {
    world.write({
      ...actionPolicy(
        'run contains {"id": "a", "uses": "chatgpt.query", "commit": [{"key": "k", "path": "x"}]}\n\nrun contains {"id": "b", "uses": "github.add_comment", "commit": [{"key": "k", "path": "y"}]}',
      ),
      'scenario/s.jsonnet': {
        id: 's',
        events: [event({ actions: { 'chatgpt.comment_alert': [{ x: 1 }], 'github.create_comment': [{ y: 2 }] } })],
      },
    })
    expect(actionsOf((await world.play()).data('s')).map(({ commit }) => commit?.[0]?.value)).toEqual([1, 2])
  })

  it('need no sound arguments and wait for nobody, whatever their effect and the policy’s wish', async () => {
    world.write({
      ...actionPolicy(
        'run contains {"id": "a", "uses": "file.quarantine", "approval": true}\n\nrun contains {"id": "b", "uses": "slack.post", "args": {"nonsense": 1}, "effect": "contain", "approval": {"reason": "think"}}',
      ),
      'scenario/s.jsonnet': { id: 's', events: [event()] },
    })
    const { code, data } = await world.play()
    expect(code).toBe(0)
    expect(actionsOf(data('s')).map(({ id, state }) => [id, state])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ])
  })
})

describe('decisions', () => {
  const RULES = `run contains {"id": "cut", "uses": "file.quarantine", "args": {"n": input.seq}}

run contains {"id": "tell", "uses": "slack.post"} if input.seq == 0

run contains {"id": "done", "uses": "slack.post"} if {
	some one in input.called
	one.id == "cut"
}

run contains {"id": "not-done", "uses": "slack.post", "args": {"status": one.status, "reason": one.reason}} if {
	some one in input.declined
	one.id == "cut"
}`

  it.each([
    ['reject', 'rejected', 'The scenario rejects it'],
    ['expire', 'expired', 'Nobody decided in time'],
  ])('%s: the action is declined, and the policy sees it', async (decision, state, reason) => {
    world.write({
      ...actionPolicy(RULES),
      'scenario/s.jsonnet': { id: 's', events: [event({ decisions: { cut: decision } }), event()] },
    })
    const { code, data } = await world.play()
    expect(code).toBe(0)
    const declined = actionsOf(data('s'))
    expect(declined.map(({ id, state: how }) => [id, how])).toEqual([
      ['cut', state],
      ['tell', undefined],
      ['not-done', undefined],
    ])
    expect(declined[0]?.decision).toMatchObject({ outcome: state })
    expect(declined[2]?.args).toEqual({ status: state, reason })
    expect(actionsOf(data('s'), 1).map(({ id }) => id)).toEqual(['cut', 'tell', 'done'])
  })
})

describe('worlds', () => {
  const COUNT = `count_now := attr.value if {
	some attr in input.alert.attrs
	attr.key == "count"
}

default before := 0

before := count_now

run contains {"id": "n", "uses": "", "commit": [{"id": "count", "key": "count", "value": before + 1, "persist": true}]}`

  it('persistent attributes live across the events of one scenario, and in no other', async () => {
    world.write({
      'policy/alert/t.rego': 'package alert.t\n\nalert contains {"title": "T", "namespace": "ns"}\n',
      ...actionPolicy(COUNT),
    })
    for (let i = 0; i < 20; i += 1)
      world.write({ [`scenario/s${i}.jsonnet`]: { id: `s${i}`, events: [event(), event(), event()] } })
    const { code, data } = await world.play()
    expect(code).toBe(0)
    for (let i = 0; i < 20; i += 1) {
      const values = [0, 1, 2].map((result) => actionsOf(data(`s${i}`), result)[0]?.commit?.[0]?.value)
      expect(values).toEqual([1, 2, 3])
    }
  })

  it('plays more scenarios than one store takes', { timeout: 60_000 }, async () => {
    world.write(actionPolicy('run contains {"id": "a", "uses": "http.fetch"}'))
    const scenarios = Array.from({ length: 300 }, (_none, i) => ({ id: `s${i}`, events: [event({ input: { i } })] }))
    world.write({ 'scenario/all.jsonnet': { scenarios } })
    const { code, result } = await world.play()
    expect(code).toBe(0)
    expect(result().scenarios.map(({ id }) => id)).toEqual(scenarios.map(({ id }) => id))
  })

  it('a scenario sees its own env alone, {} is empty, and without one what TOCSIN_ENV lets through', async () => {
    world.write({
      ...actionPolicy(
        'run contains {"id": "a", "uses": "http.fetch", "args": {"env": input.env, "key": input.env.API_KEY}}\n\nrun contains {"id": "b", "uses": "http.fetch", "args": {"env": input.env}}',
      ),
      'scenario/own.jsonnet': { id: 'own', env: { API_KEY: 'a-real-looking-key' }, events: [event()] },
      'scenario/empty.jsonnet': { id: 'empty', env: {}, events: [event()] },
      'scenario/none.jsonnet': { id: 'none', events: [event({ input: { echo: 'real-secret-value' } })] },
    })
    const secrets = { TOCSIN_ENV: 'API_KEY,REGION:plain', API_KEY: 'real-secret-value', REGION: 'eu', OTHER: 'hidden' }
    const { code, data } = await world.play({}, secrets)
    const argsOf = (played: JsonObject): JsonObject | undefined => actionsOf(played).find(({ id }) => id === 'a')?.args
    expect(code).toBe(0)
    expect(argsOf(data('own'))).toEqual({
      env: { API_KEY: 'a-real-looking-key' },
      key: 'a-real-looking-key',
    })
    expect(actionsOf(data('empty')).map(({ args }) => args)).toEqual([{ env: {} }])
    expect(argsOf(data('none'))).toEqual({
      env: { API_KEY: '[REDACTED]', REGION: 'eu' },
      key: '[REDACTED]',
    })
    const written = readFileSync(join(world.folder, 'output/none/data.json'), 'utf8')
    expect(written).not.toContain('real-secret-value')
    expect(written).not.toContain('secret:API_KEY')
  })
})

it('no secret is in what is told of a failure', async () => {
  world.write({
    ...actionPolicy(
      'run contains {"id": "a", "uses": "nope", "args": {"key": input.env.API_KEY, "echo": input.alert.data.echo}}',
    ),
    'scenario/s.jsonnet': { id: 's', events: [event({ input: { echo: 'real-secret-value' } })] },
  })
  const { code, err, data, result } = await world.play({}, { TOCSIN_ENV: 'API_KEY', API_KEY: 'real-secret-value' })
  expect(code).toBe(1)
  const values = { action: { args: { key: '[REDACTED]', echo: '[REDACTED]' } } }
  expect(data('s')['error']).toMatchObject({ values })
  expect(result().scenarios[0]?.error).toMatchObject({ values })
  expect(err).not.toContain('real-secret-value')
})

it('says what takes so long', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    world.write({
      ...actionPolicy('run contains {"id": "a", "uses": "http.fetch"}'),
      'scenario/s.jsonnet': { id: 's', events: [event()] },
    })
    const playing = world.play()
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    vi.advanceTimersByTime(2000)
    expect((await playing).err).toMatch(/^ {2}… /)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

describe('forms of older versions', () => {
  beforeEach(() => {
    world.write(
      actionPolicy(
        'run contains {"id": "a", "uses": "http.fetch", "args": {"env": input.env}, "commit": [{"key": "k", "path": "v"}]}',
      ),
    )
  })

  const expectPlayed = async (): Promise<void> => {
    const { code, data } = await world.play()
    expect(code).toBe(0)
    expect(actionsOf(data('s'))).toMatchObject([{ args: { env: { K: 'V' } }, commit: [{ value: 7 }] }])
  }

  it('v0.0.1: a playbook of scenarios with one event, and a common env', async () => {
    const scenario = { id: 's', title: 'S', event: {}, schema: 't', results: { 'http.fetch': [{ v: 7 }] } }
    world.write({ 'scenario/p.jsonnet': { scenarios: [scenario], env: { K: 'V' } } })
    await expectPlayed()
  })

  it('v0.0.7: a playbook of scenarios with events and results', async () => {
    const scenario = {
      id: 's',
      title: 'S',
      events: [{ input: {}, schema: 't', results: { 'http.fetch': [{ v: 7 }] } }],
    }
    world.write({ 'scenario/p.jsonnet': { scenarios: [scenario], env: { K: 'V' } } })
    await expectPlayed()
  })

  it('v0.0.17: a file for each scenario, names in any case', async () => {
    const one = {
      ID: 's',
      Events: [{ Input: {}, Schema: 't', Actions: { 'http.fetch': [{ v: 7 }] } }],
      Env: { K: 'V' },
    }
    world.write({ 'scenario/s.jsonnet': one })
    await expectPlayed()
  })
})

describe('what is played', () => {
  beforeEach(() => {
    world.write({
      ...actionPolicy('run contains {"id": "a", "uses": "http.fetch"}'),
      'scenario/b.jsonnet': { id: 'two', events: [event()] },
      'scenario/a/one.jsonnet': { id: 'one', events: [event()] },
      'scenario/lib.libsonnet': '{',
      'scenario/event.json': '{',
      'scenario/.git/x.jsonnet': '{',
    })
  })

  it('every *.jsonnet in the order of their paths; with --target the named ones', async () => {
    const all = await world.play()
    expect(all.result().scenarios).toEqual([
      { id: 'one', output: 'output/one/data.json', success: true },
      { id: 'two', output: 'output/two/data.json', success: true },
    ])
    const some = await world.play({ target: ['two'] })
    expect(some.result().scenarios.map(({ id }) => id)).toEqual(['two'])
    const file = await world.play({ scenario: 'scenario/a/one.jsonnet', output: 'other' })
    expect(file.result().scenarios.map(({ id }) => id)).toEqual(['one'])
  })

  it('jsonnet is evaluated once, and again when a file that it imports has changed', async () => {
    world.write({
      'scenario/j.jsonnet': '{ id: "j", title: import "title.libsonnet", events: [] }',
      'scenario/title.libsonnet': '"first"',
    })
    expect((await world.play()).data('j')).toEqual({ id: 'j', title: 'first' })
    expect((await world.play()).data('j')).toEqual({ id: 'j', title: 'first' })
    world.write({ 'scenario/title.libsonnet': '"second"' })
    expect((await world.play()).data('j')).toEqual({ id: 'j', title: 'second' })
  })

  it('a schema without a package is an event without alerts, and said', async () => {
    world.write({ 'scenario/n.jsonnet': { id: 'n', title: 'N', events: [event({ schema: 'typo' })] } })
    const { code, data, err } = await world.play()
    expect(code).toBe(0)
    expect(data('n')).toEqual({ id: 'n', title: 'N' })
    expect(err).toContain('note: n: events[0]: no policy has a package alert.typo')
  })

  it('says what policies print, with its place', async () => {
    world.write(actionPolicy('run contains {"id": "a", "uses": "http.fetch"} if {\n\tprint("round", input.seq)\n}'))
    const { err } = await world.play({ enablePrint: true, target: ['one'] })
    expect(err).toContain('\taction/main.rego:4: round 0\n')
  })

  it('leaves what others wrote into the output folder', async () => {
    await world.play()
    writeFileSync(join(world.folder, 'output/one/notes.txt'), 'mine')
    await world.play({ target: ['one'] })
    expect(existsSync(join(world.folder, 'output/one/notes.txt'))).toBe(true)
    expect(existsSync(join(world.folder, 'output/two/data.json'))).toBe(true)
  })

  it('policies that do not compile stop everything, with their place', async () => {
    world.write({ 'policy/bad.rego': 'package bad\n\np := nope\n' })
    await expect(world.play()).rejects.toMatchObject({ code: 'policy_invalid', message: /^bad\.rego:3:/ as never })
  })
})
