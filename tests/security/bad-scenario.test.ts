import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../shared/model/json.ts'
import { PlayWorld, type PlayResult } from '../fakes/play-world.ts'

/*
 * The rows of the table "Bad input of play" in docs/SECURITY.md. Each time a sound scenario lies beside the bad one: it is
 * played all the same, and `result.json` says which one failed, of which file, and why.
 */

const POLICIES = {
  'policy/alert/t.rego': 'package alert.t\n\nalert contains {"title": input.title}\n',
  'policy/action/main.rego': 'package action\n\nrun contains {"id": "a", "uses": "http.fetch"}\n',
}

let world: PlayWorld
beforeEach(() => {
  world = new PlayWorld().write({ ...POLICIES, 'scenario/good.jsonnet': scenario('good') })
})
afterEach(() => world.remove())

function scenario(id: string, event: JsonObject = {}): object {
  return { id, title: id, events: [{ schema: 't', input: { title: 'T' }, ...event }] }
}

/** Plays what was written; expects the good scenario's record, and one failure. @returns that failure's line */
async function failureOf(files: Record<string, string | object>): Promise<JsonObject & { error: JsonObject }> {
  world.write(files)
  return theFailure(await world.play())
}

function theFailure(played: PlayResult): JsonObject & { error: JsonObject } {
  const { scenarios } = played.result()
  expect(played.code).toBe(1)
  expect(scenarios.find(({ id }) => id === 'good')).toMatchObject({ success: true })
  expect(played.data('good')).toMatchObject({ results: [{ actions: [{ id: 'a' }] }] })
  const failed = scenarios.filter(({ success }) => !success)
  expect(failed).toHaveLength(1)
  expect(played.err).toContain(`FAIL`)
  return failed[0] as unknown as JsonObject & { error: JsonObject } // a failed one has an error
}

describe('a scenario that cannot be read', () => {
  it('[B40] malformed jsonnet', async () => {
    const { error, file, output } = await failureOf({ 'scenario/bad.jsonnet': '{\n  id: "bad",,\n}\n' })
    expect({ file, output }).toEqual({ file: 'bad.jsonnet', output: null })
    expect(error).toMatchObject({ code: 'jsonnet_error', file: 'bad.jsonnet', row: 2 })
    expect(error['message']).toMatch(/^bad\.jsonnet:2:\d+: Unexpected: ","/)
  })

  it('[B40] malformed jsonnet in an imported file', async () => {
    const { error } = await failureOf({
      'scenario/bad.jsonnet': '{ id: "bad", events: import "lib.libsonnet" }',
      'scenario/lib.libsonnet': '[\n\n{,]\n',
    })
    expect(error).toMatchObject({ file: 'lib.libsonnet', row: 3 })
  })

  it.each([
    ['../outside.json', 'input: import "../outside.json"'],
    ['a/../../outside.json', 'input: import "a/../../outside.json"'],
    ['/etc/passwd', 'input: importstr "/etc/passwd"'],
    ['link.json', 'input: import "link.json"'],
    ['folder/outside.json', 'input: import "folder/outside.json"'],
  ])('[B41] an import that leads out of the folder: %s', async (path, member) => {
    writeFileSync(join(world.folder, 'outside.json'), '"SECRET"')
    symlinkSync('../outside.json', join(world.folder, 'scenario/link.json'))
    symlinkSync('..', join(world.folder, 'scenario/folder'))
    const { error } = await failureOf({
      'scenario/bad.jsonnet': `{\n  id: "bad",\n  events: [{ schema: "t",\n    ${member} }],\n}`,
    })
    expect(error).toMatchObject({ file: 'bad.jsonnet', row: 4 })
    expect(error['message']).toContain(`the import "${path}" leads out of the scenario folder`)
  })

  it('[B41] a scenario file that is a link out of the folder', async () => {
    writeFileSync(join(world.folder, 'outside.jsonnet'), '{ id: "bad", events: [] }')
    symlinkSync('../outside.jsonnet', join(world.folder, 'scenario/bad.jsonnet'))
    const { error } = theFailure(await world.play())
    expect(error['message']).toBe('bad.jsonnet: This file is a link that leads out of the scenario folder.')
  })

  it('--imports names a folder that imports may stay in', async () => {
    world.write({
      'event/event.json': { title: 'T' },
      'scenario/other.jsonnet': '{ id: "other", events: [{ schema: "t", input: import "../event/event.json" }] }',
      'scenario/far.jsonnet': '{ id: "far", events: [{ schema: "t", input: import "../../event.json" }] }',
    })
    const played = await world.play({ imports: '.' })
    expect(played.data('other')).toMatchObject({ results: [{ alert: { title: 'T' } }] })
    expect(theFailure(played).error).toMatchObject({ file: 'scenario/far.jsonnet', row: 1 })
    await expect(world.play({ imports: 'event' })).rejects.toMatchObject({ code: 'scenario_outside' })
  })

  it('[B42] imports in a circle', async () => {
    const { error } = await failureOf({
      'scenario/bad.jsonnet': '{\n  id: "bad",\n  events: import "a.libsonnet",\n}',
      'scenario/a.libsonnet': '\nimport "b.libsonnet"',
      'scenario/b.libsonnet': '// import "not.libsonnet"\nimport "a.libsonnet"',
    })
    expect(error).toMatchObject({ file: 'a.libsonnet', row: 2 })
    expect(error['message']).toContain('a.libsonnet:2 → b.libsonnet:2 → a.libsonnet:2')
  })

  it('[B43] without an id', async () => {
    const { error } = await failureOf({ 'scenario/bad.jsonnet': { title: 'bad', events: [] } })
    expect(error).toMatchObject({ code: 'scenario_invalid', file: 'bad.jsonnet', row: 1 })
    expect(error['message']).toContain('has no id')
  })

  it('[B44] an id that two scenarios have', async () => {
    world.write({ 'scenario/one.jsonnet': scenario('same'), 'scenario/two.jsonnet': scenario('same') })
    const { code, result } = await world.play()
    expect(code).toBe(1)
    const [good, ...both] = result().scenarios
    expect(good).toMatchObject({ id: 'good', success: true })
    for (const one of both) {
      expect(one).toMatchObject({ id: 'same', success: false, output: null })
      expect(one.error?.['message']).toMatch(/"same" stands in more than one scenario: one\.jsonnet, two\.jsonnet$/)
    }
    expect(existsSync(join(world.folder, 'output/same'))).toBe(false)
  })

  it.each(['a/b', '../up', '..', '.', 'a\\b', 'a\u0000b', '/abs', 'result.json', 'x'.repeat(300)])(
    '[B45] an id that is no folder: %j',
    async (id) => {
      const text = `{\n  id: ${JSON.stringify(id)},\n  events: [],\n}`
      const { error } = await failureOf({ 'scenario/bad.jsonnet': text })
      expect(error).toMatchObject({ code: 'scenario_invalid', file: 'bad.jsonnet', row: 2 })
      expect(readdirSync(join(world.folder, 'output')).sort()).toEqual(['good', 'result.json'])
    },
  )

  it.each<[string, unknown, string]>([
    ['events', 5, 'events is no list'],
    ['events', [5], 'events[0] is no object'],
    ['events', [{ schema: 5 }], 'events[0].schema is no text'],
    ['events', [{}], 'events[0].schema is empty'],
    ['events', [{ schema: 'a b' }], 'events[0].schema is no name of a schema'],
    ['events', [{ schema: 't', actions: { 'http.fetch': {} } }], 'events[0].actions["http.fetch"] is no list'],
    ['events', [{ schema: 't', actions: [] }], 'events[0].actions is no object'],
    ['events', [{ schema: 't', decisions: { a: 'perhaps' } }], 'events[0].decisions["a"] is neither'],
    ['env', { A: 5 }, 'env["A"] is no text'],
    ['title', 5, 'title is no text'],
  ])('[B46] a member of a wrong type: %s %j', async (key, value, message) => {
    const { error } = await failureOf({ 'scenario/bad.jsonnet': { id: 'bad', events: [], [key]: value } })
    expect(error).toMatchObject({ code: 'scenario_invalid', file: 'bad.jsonnet', row: 1 })
    expect(error['message']).toContain(message)
  })

  it('[B47] a mocked result of 20 MB', async () => {
    const big = { 'http.fetch': ['x'.repeat(20 * 1024 * 1024)] }
    const { error } = await failureOf({ 'scenario/bad.jsonnet': scenario('bad', { actions: big }) })
    expect(error).toMatchObject({ code: 'scenario_invalid', file: 'bad.jsonnet', row: 1 })
    expect(error['message']).toContain('has 20.0 MiB: no action returns more than 4.0 MiB')
  })

  it('[B48] jsonnet that needs more memory or time than there is', { timeout: 60_000 }, async () => {
    const { error } = await failureOf({
      'scenario/bad.jsonnet': '{ id: std.toString(std.length(std.repeat("x", 2000000000))) }',
    })
    expect(error).toMatchObject({ file: 'bad.jsonnet' })
    expect(error['message']).toContain('memory')
  })
})

describe('a scenario that fails', () => {
  const policy = (action: string): Record<string, string> => ({
    'policy/action/main.rego': `package action\n\nrun contains {"id": "a", "uses": "http.fetch"} if input.seq == 0\n\n${action}\n`,
  })

  it('[B49] a policy that never ends', { timeout: 60_000 }, async () => {
    const { error } = await failureOf({
      'policy/alert/endless.rego':
        '# Counts.\npackage alert.endless\n\nalert contains {"title": "x"} if {\n\tsome a in numbers.range(1, 9000)\n\tsome b in numbers.range(1, 9000)\n\ta + b == 0\n}\n',
      'scenario/bad.jsonnet': { id: 'bad', events: [{ schema: 'endless', input: {} }] },
    })
    expect(error).toMatchObject({ file: 'alert/endless.rego', row: expect.any(Number) as number })
    expect(error['code']).toMatch(/policy_(timeout|memory)/)
  })

  it('[B50] a policy that allocates without end', { timeout: 60_000 }, async () => {
    const { error } = await failureOf({
      'policy/alert/grows.rego':
        'package alert.grows\n\nalert contains {"title": "x", "refs": [concat("", [x | some _ in numbers.range(1, 100000); x := input.text])]}\n',
      'scenario/bad.jsonnet': { id: 'bad', events: [{ schema: 'grows', input: { text: 'x'.repeat(100_000) } }] },
    })
    expect(error).toMatchObject({ code: 'policy_memory', file: 'alert/grows.rego', row: 1 })
    expect(error['message']).toContain('package alert.grows')
  })

  it('[B51] 32 rounds without an end: the rule is named, and everything is recorded', async () => {
    world.write({
      'scenario/bad.jsonnet': {
        id: 'bad',
        events: [
          { schema: 'again', input: {} },
          { schema: 'again', input: {} },
        ],
      },
    })
    const { error } = await failureOf({
      'policy/alert/again.rego': 'package alert.again\n\nalert contains {"title": "again"}\n',
      ...policy('run contains {"uses": "http.fetch"} if input.alert.title == "again"'),
    })
    expect(error).toMatchObject({ code: 'round_limit', file: 'action/main.rego', row: 5 })
    expect(error['message']).toMatch(/^action\/main\.rego:5: .*32 rounds/)
    const { results } = JSON.parse(readFileSync(join(world.folder, 'output/bad/data.json'), 'utf8')) as {
      results: { actions: unknown[]; state: string }[]
    }
    expect(results.map(({ actions, state }) => [actions.length, state])).toEqual([
      [33, 'round_limit'],
      [33, 'round_limit'],
    ])
  })

  it('[B52] a policy’s result of 20 MB', { timeout: 60_000 }, async () => {
    const { error } = await failureOf({
      'policy/alert/huge.rego':
        'package alert.huge\n\nalert contains {"title": concat("", [input.text | some _ in numbers.range(1, 2000)])}\n',
      'policy/action/main.rego': `package action

run contains {"id": "a", "uses": "http.fetch"} if count(input.alert.title) < 100

run contains {"id": "b", "uses": "http.fetch", "args": {"x": [input.alert.title | some _ in numbers.range(1, 50)]}} if {
	count(input.alert.title) > 100
}
`,
      'scenario/bad.jsonnet': { id: 'bad', events: [{ schema: 'huge', input: { text: 'x'.repeat(10_000) } }] },
    })
    expect(error['file']).toMatch(/^(alert\/huge|action\/main)\.rego$/)
    expect(error['code']).toMatch(/policy_memory|policy_result|policy_timeout/)
  })

  it.each([
    ['"id": 5', 'run[0].id is a number, a string is expected'],
    ['"uses": ["x"]', 'run[0].uses is an array, a string is expected'],
    ['"force": "yes"', 'run[0].force is a string, a boolean is expected'],
    ['"commit": {"key": "k"}', 'run[0].commit is an object, an array or a set is expected'],
    ['"approval": "yes"', 'run[0].approval is "yes": a boolean or'],
    ['"effect": "boom"', 'effect is "boom": observe, notify or contain is expected'],
  ])('[B53] a wrong type in the policy’s output: %s', async (member, message) => {
    const { error } = await failureOf({
      'policy/alert/wrong.rego': 'package alert.wrong\n\nalert contains {"title": "wrong"}\n',
      'policy/action/main.rego': `package action\n\nrun contains {"id": "a", "uses": "http.fetch"} if input.alert.title != "wrong"\n\nrun contains {${member}} if input.alert.title == "wrong"\n`,
      'scenario/bad.jsonnet': { id: 'bad', events: [{ schema: 'wrong', input: {} }] },
    })
    expect(error).toMatchObject({ code: 'policy_result' })
    expect(error['message']).toContain(message)
  })

  it('[B54] an action that does not exist: what ran before it is kept, what follows is not played', async () => {
    world.write({
      'scenario/bad.jsonnet': {
        id: 'bad',
        events: [
          { schema: 'n', input: {} },
          { schema: 'n', input: {} },
        ],
      },
    })
    const { error } = await failureOf({
      'policy/alert/n.rego': 'package alert.n\n\nalert contains {"title": "n"}\n',
      ...policy('run contains {"id": "b", "uses": "nope.nope"} if input.alert.title == "n"'),
    })
    expect(error).toMatchObject({
      message: expect.stringContaining('No action is called "nope.nope"') as string,
      code: 'action_not_found',
      values: { event: 0, uses: 'nope.nope', action: { id: 'b' }, before: [{ id: 'a', seq: 0 }] },
    })
    const data = JSON.parse(readFileSync(join(world.folder, 'output/bad/data.json'), 'utf8')) as JsonObject
    expect(data['results']).toMatchObject([{ alert: { title: 'n' }, actions: null, state: 'failed' }])
    expect(data['results']).toHaveLength(1)
  })
})

describe('outputs', () => {
  it('[B55] a link in the output folder leads nothing out of it', async () => {
    mkdirSync(join(world.folder, 'elsewhere'))
    mkdirSync(join(world.folder, 'output/other'), { recursive: true })
    writeFileSync(join(world.folder, 'kept.json'), 'kept')
    symlinkSync('../elsewhere', join(world.folder, 'output/good'))
    symlinkSync('../../kept.json', join(world.folder, 'output/other/data.json'))
    world.write({ 'scenario/other.jsonnet': scenario('other') })
    await expect(world.play()).rejects.toMatchObject({ code: 'output_unwritable' })
    expect(readdirSync(join(world.folder, 'elsewhere'))).toEqual([])
    expect(readFileSync(join(world.folder, 'kept.json'), 'utf8')).toBe('kept')
  })

  it('[B56] an unknown --target: nothing is played', async () => {
    await expect(world.play({ target: ['good', 'nope,gone'] })).rejects.toMatchObject({
      code: 'target_missing',
      message: 'No scenario has the id that --target names: nope, gone. There are: good.',
    })
    expect(existsSync(join(world.folder, 'output/good'))).toBe(false)
  })
})
