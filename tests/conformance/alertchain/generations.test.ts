import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { PlayWorld, type PlayResult } from '../../fakes/play-world.ts'

// Where both generations of AlertChain, played side by side with `tocsin play`, show what their documents do not say.

let world: PlayWorld

beforeEach(() => {
  world = new PlayWorld()
})

afterEach(() => world.remove())

const ALERT = 'package alert.t\n\nalert contains {"title": "T"}\n'
const SHARED_ALERT = 'package alert.t\n\nalert contains {"title": "T", "namespace": "ns"}\n'
const V0_ALERT = 'package alert.t\n\nalert[x] { x := {"title": "T"} }\n'

interface Recorded {
  alert: JsonObject
  actions: (JsonObject & { run?: JsonObject[]; init?: JsonObject[]; exit?: JsonObject[] })[] | null
}

function play(alert: string, action: string, events: readonly JsonObject[] = [{}]): Promise<PlayResult> {
  const scenario = { id: 's', title: 'S', events: events.map((event) => ({ schema: 't', input: 1, ...event })) }
  return world
    .write({
      'policy/alert/t.rego': alert,
      'policy/action/main.rego': `package action\n\n${action}\n`,
      'scenario/s.jsonnet': scenario,
    })
    .play()
}

function results({ data }: PlayResult): Recorded[] {
  return data('s')['results'] as unknown as Recorded[] // written by `recorder.ts` in this shape
}

describe('run and commit', () => {
  it('force does not cover an action that does not exist: the round and the event end there', async () => {
    const played = await play(
      ALERT,
      `run contains {"id": "a", "uses": "nope", "force": true, "commit": [{"key": "k", "value": 1}]} if input.seq == 0
run contains {"id": "b", "uses": "slack.post"}`,
      [{}, {}],
    )
    expect(played.code).toBe(1)
    expect(results(played)).toHaveLength(1)
    expect(results(played)[0]?.actions).toBeNull()
    expect(played.data('s')['error']).toMatchObject({
      message: 'action not found',
      values: { uses: 'nope', action: { id: 'a', force: true } },
    })
  })

  it('a null in `alert`, `attrs` and `run` has no fields: an alert, an attribute and an action that do nothing', async () => {
    const played = await play(
      'package alert.t\n\nalert := [null, {"title": "T", "attrs": [null]}]\n',
      'run := [null, {"id": "a", "uses": "slack.post"}] if input.seq == 0',
    )
    const [empty, full] = results(played)
    expect(empty?.alert).toMatchObject({ title: '', attrs: [] })
    expect(full?.alert).toMatchObject({ title: 'T', attrs: [{ key: '', value: null, persist: false }] })
    expect(empty?.actions).toMatchObject([
      { seq: 0, name: '', uses: '', args: null, commit: null },
      { seq: 0, id: 'a', uses: 'slack.post' },
    ])
  })

  it('a persistent attribute without a `ttl` is seen without one, however long it is kept', async () => {
    const played = await play(
      SHARED_ALERT,
      `run contains {"id": "p", "commit": [{"id": "i", "key": "k", "value": 1, "persist": true}]} if input.alert.attrs == null
run contains {"id": "see", "uses": "slack.post", "args": {"attrs": input.alert.attrs}} if input.seq == 0`,
      [{}, {}],
    )
    const attrs = [{ id: 'i', key: 'k', value: 1, type: '', persist: true, ttl: 0 }]
    expect(results(played)[1]?.actions).toMatchObject([{ id: 'see', args: { attrs } }])
  })

  it('a value that a path takes has its keys in order, as all of data.json', async () => {
    const played = await play(
      ALERT,
      'run contains {"id": "a", "uses": "http.fetch", "commit": [{"key": "k", "path": "$"}]} if input.seq == 0',
      [{ actions: { 'http.fetch': [{ b: { d: 1, c: 2 }, a: 3 }] } }],
    )
    const commit = results(played)[0]?.actions?.[0]?.['commit'] as { value: JsonValue }[]
    expect(JSON.stringify(commit[0]?.value)).toBe('{"a":3,"b":{"c":2,"d":1}}')
  })
})

describe('init, run and exit', () => {
  it('`force` covers an unknown `uses`, and one that is missing: `exit` and what follows run', async () => {
    const played = await play(
      V0_ALERT,
      `run[j] { input.seq == 0; j := {"id": "a", "uses": "nope", "force": true} }
run[j] { input.seq == 0; j := {"id": "b", "force": true} }
run[j] { input.seq == 0; j := {"id": "c", "uses": "slack.post"} }
exit[x] { x := {"attrs": [{"key": input.action.id, "value": object.get(input.action, "result", "none")}]} }`,
    )
    expect(played.code).toBe(0)
    const [round] = results(played)[0]?.actions ?? []
    expect(round?.run).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
    expect(round?.exit).toMatchObject(['a', 'b', 'c'].map((key) => ({ attrs: [{ key, value: 'none' }] })))
  })

  it('actions have no `abort` and no `commit`: not in the result, not in `called`, not in `action`', async () => {
    const played = await play(
      V0_ALERT,
      `run[j] { input.seq == 0; j := {"id": "a", "uses": "slack.post", "abort": true, "commit": [{"key": "k"}]} }
run[j] { input.seq == 1; j := {"id": "b", "uses": "slack.post", "args": {"called": [k | _ = input.called[_][k]]}} }
exit[x] { input.action.id == "a"; x := {"attrs": [{"key": "action", "value": [k | _ = input.action[k]]}]} }`,
    )
    const keys = ['args', 'force', 'id', 'name', 'status', 'uses']
    const [first, second] = results(played)[0]?.actions ?? []
    expect(first?.run).toEqual([{ id: 'a', name: '', uses: 'slack.post', args: null, force: false }])
    expect(first?.exit).toMatchObject([{ attrs: [{ key: 'action', value: keys }] }])
    expect(second?.run).toMatchObject([{ id: 'b', args: { called: keys } }])
  })

  it('without `attrs` they are null, given empty they are []', async () => {
    const played = await play(
      V0_ALERT,
      `init := [{"abort": false}, {"attrs": []}, null] { input.seq == 0 }
run[j] { input.seq == 0; j := {"id": "a", "uses": "slack.post"} }
exit[x] { x := {} }`,
    )
    expect(results(played)[0]?.actions).toMatchObject([
      {
        init: [
          { abort: false, attrs: null },
          { abort: false, attrs: [] },
          { abort: false, attrs: null },
        ],
        exit: [{ abort: false, attrs: null }],
      },
    ])
  })

  it.each([
    ['init', 'init := {"attrs": []}\nrun[j] { input.seq == 0; j := {"id": "a", "uses": "slack.post"} }'],
    ['exit', 'run[j] { j := {"id": "a", "uses": "slack.post"} }\nexit := {"attrs": []} { input.action }'],
  ])('an object as `%s` fails the event, whose alert stays recorded', async (rule, action) => {
    const played = await play(V0_ALERT, action, [{}, {}])
    expect(played.code).toBe(1)
    expect(results(played)).toMatchObject([{ alert: { title: 'T' }, actions: null }])
    expect(played.data('s')['error']).toContain(rule)
  })

  it('what `exit` fails on ends the round: later actions do not run, and nothing of the round is recorded', async () => {
    const played = await play(
      V0_ALERT,
      `run[j] { input.seq == 0; j := {"id": "a", "uses": "slack.post"} }
run[j] { input.seq == 0; j := {"id": "b", "uses": "slack.post"} }
exit[x] { print("exit of", input.action.id); x := {} }
y = 1 { input.action.id == "a" }
y = 2 { input.action.id == "a" }`,
    )
    expect(results(played)).toMatchObject([{ actions: null }])
    expect(played.err).not.toContain('exit of b')
    expect(played.data('s')['error']).toContain('complete rules must not produce multiple outputs')
  })
})

describe('data.json', () => {
  const conflict = 'y := 1\ny := 2 if input.seq == 0'

  it.each([
    [
      'an alert policy',
      `${ALERT}z := 1\nz := 2 if input == 1\n`,
      'run := []',
      'failed to evaluate alert policy',
      'Fail to evaluate policy',
    ],
    ['an action policy', ALERT, conflict, 'failed to evaluate action policy', 'Fail to evaluate policy'],
    [
      'a wrong type',
      ALERT,
      'run := "x"',
      'failed to evaluate action policy',
      'fail to unmarshal a result of rego.Eval to out',
    ],
  ])(
    '%s that fails is told in AlertChain’s words, with ours as the cause',
    async (_what, alert, action, message, cause) => {
      const played = await play(alert, action)
      expect(played.data('s')['error']).toMatchObject({
        message,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        cause: { message: cause, cause: expect.stringMatching(/eval_conflict_error|array or a set/) as string },
        tags: ['policy'],
      })
    },
  )

  it('a commit that says nothing, and a path that is none', async () => {
    const empty = await play(ALERT, 'run contains {"id": "a", "uses": "http.fetch", "commit": [{"key": "k"}]}')
    const attr = { id: '', key: 'k', value: null, type: '', persist: false, ttl: 0 }
    expect(empty.data('s')['error']).toMatchObject({
      message: 'Path is empty and Value is nil',
      cause: null,
      values: { attr },
      tags: null,
    })
    const path = await play(
      ALERT,
      'run contains {"id": "a", "uses": "http.fetch", "commit": [{"key": "k", "path": "$["}]}',
    )
    expect(path.data('s')['error']).toMatchObject({ message: 'failed to evaluate JSON path', tags: null })
  })

  it('of v0.0.20 says an error as text', async () => {
    const unknown = await play(
      V0_ALERT,
      'run[j] { j := {"id": "a", "uses": "nope"} }\nexit[x] { input.nothing; x := {} }',
    )
    expect(unknown.data('s')['error']).toBe(': action not found')
    const broken = await play(V0_ALERT, 'exit[x] { input.nothing; x := {} }\ny = 1 { true }\ny = 2 { true }')
    expect(broken.data('s')['error']).toMatch(
      /^failed to evaluate action policy: fail to eval local policy: action\/main\.rego:\d+: eval_conflict_error: /,
    )
  })

  it('is text as Go writes it: two spaces of indent, v0.0.20 in one line, a newline at the end, HTML escaped', async () => {
    const alert = 'package alert.t\n\nalert contains {"title": "<b>&\\u2028"}\n'
    await play(alert, 'run := []')
    const path = join(world.folder, 'output', 's', 'data.json')
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^\{\n {2}"id": "s",\n[^]*\n\}\n$/)
    expect(text).toContain(String.raw`"title": "\u003cb\u003e\u0026\u2028"`)
    await play(V0_ALERT, 'exit[x] { input.nothing; x := {} }')
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"id":"s","title":"S","results":[^\n]*\}\n$/)
  })
})
