import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  noWaits,
  secretsOf,
  subjectOf,
  GOLDEN_ALERT,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { declared } from '../../../../tests/fakes/declared-world.ts'
import { FakeRemote } from '../../../../tests/fakes/fake-remote.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'

const yaml = (url: string): string => `
name: desk.page
kind: http
effect: notify
title: Page {who}
target: "{who}"
does: Tells {who}.
args:
  who: { description: Whom }
  note: { description: What about, optional: true }
  secret_key: { description: Key }
request:
  method: POST
  url: ${url}/page/{who}
  headers: { X-Key: "{secret_key}" }
  body: { note: "{note}", about: ["{who}", "{note}"], level: 3 }
  success: { status: [200], json: { ok: true } }
  result: page.id
probe:
  url: ${url}/sent/{who}
  headers: { X-Key: "{secret_key}" }
  success: { status: [200], json: { sent: true } }
---
name: desk.who
kind: http
effect: observe
title: Ask who {login} is
target: "{login}"
does: Looks only.
args:
  login: { description: Log-in }
request: { method: GET, url: "${url}/who?login={login}" }
keep_s: 3600
`

const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal
let remote: FakeRemote
let kit: ActionKit
let args: JsonObject

const json = (value: object) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })

beforeEach(async () => {
  remote = await FakeRemote.start({ service: () => json({ ok: true, page: { id: 7 } }) })
  const secrets = secretsOf({ KEY: 'the-key-of-it', BOUND: 'another-key' }, { BOUND: ['elsewhere.example'] })
  kit = actionKit({ declaredIn: () => declared(yaml(remote.url)), secrets, clock: noWaits })
  args = { who: 'ana', secret_key: kit.handles.make('KEY') }
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

describe('an own action over HTTP', () => {
  it('sends what its plan shows, without what is absent, and gives what stands at its path', async () => {
    const intent = await kit.intent('desk.page', { ...args, note: 'the door' })
    const rows = Object.fromEntries(intent.plan.rows.map(({ key, value }) => [key, value]))
    expect(await kit.actions.run(intent, subject, noStop())).toEqual({ outcome: 'succeeded', result: 7 })
    expect(await kit.run('desk.page', args)).toMatchObject({ outcome: 'succeeded' })
    const [first, second] = remote.calls
    expect(`POST ${remote.url}${first?.path}`).toBe(rows['Request'])
    expect(first?.body).toBe(rows['Body'])
    expect(first?.headers['x-key']).toBe('the-key-of-it')
    expect(JSON.parse(second?.body ?? '')).toEqual({ about: ['ana'], level: 3 })
    expect(JSON.stringify(intent)).not.toContain('the-key-of-it')
  })

  it('has failed where the answer is not what counts as success', async () => {
    remote.on('/page/ana', { do: 'answer', ...json({ ok: false }) })
    expect(await kit.run('desk.page', args)).toMatchObject({
      outcome: 'failed',
      error: { code: 'service_refused', message: expect.stringContaining('ok is false, not true') as string },
    })
    remote.on('/page/ana', { do: 'answer', status: 403 })
    expect(await kit.run('desk.page', args)).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    remote.on('/page/ana', { do: 'redirect', to: `${remote.url}/elsewhere` })
    expect(await kit.run('desk.page', args)).toMatchObject({ outcome: 'failed' })
    expect(remote.count('/elsewhere')).toBe(0)
  })

  it.each([
    ['was done', { sent: true }, 200, 'succeeded'],
    ['was not done', { sent: false }, 200, 'failed'],
    ['was not done, by 404', {}, 404, 'failed'],
    ['is not known', {}, 500, 'unknown'],
  ])('whose answer was lost asks its probe: it %s', async (_, answer, status, outcome) => {
    remote.on('/page/ana', { do: 'serve-and-reset' })
    remote.on('/sent/ana', { do: 'answer', ...json(answer), status })
    expect(await kit.run('desk.page', args)).toMatchObject({ outcome })
    expect(remote.count('/page/ana')).toBe(1)
    const probed = await kit.actions.probe(await kit.intent('desk.page', args), subject, noStop())
    expect(['done', 'not_done', 'unknown']).toContain(probed.state)
  })

  it('hands no secret to another host than its own', async () => {
    const bound = { who: 'ana', secret_key: kit.handles.make('BOUND') }
    expect(await kit.run('desk.page', bound)).toMatchObject({ error: { code: 'secret_host_refused' } })
    expect(remote.calls).toEqual([])
    expect(() => kit.actions.describe('desk.page', { ...args, who: kit.handles.make('KEY') })).toThrow(
      'the secret KEY may not stand in who',
    )
  })

  it('that looks is repeated while it fails, and its answer stands for as long as it says', async () => {
    remote.on('/who', { do: 'answer', status: 503 }, { do: 'serve' })
    expect(await kit.run('desk.who', { login: 'a&b=c' })).toEqual({
      outcome: 'succeeded',
      result: { ok: true, page: { id: 7 } },
    })
    expect(remote.calls.map(({ query }) => Object.fromEntries(query))).toEqual([{ login: 'a&b=c' }, { login: 'a&b=c' }])
    expect(kit.actions.describe('desk.who', { login: 'x' })).toMatchObject({ effect: 'observe', isIdempotent: true })
    expect(kit.actions.lookup('desk.who')).toMatchObject({ keepMs: 3_600_000 })
  })
})
