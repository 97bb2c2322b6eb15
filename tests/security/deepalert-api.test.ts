import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openApiWorld, type ApiWorld } from '../conformance/deepalert/kit.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { post, send, startDesk, type TestDesk, type WireAnswer } from './receiver-kit.ts'

/*
 * The rows B130 to B139 of the bad-input table in docs/SECURITY.md: what comes to DeepAlert's API.
 */

const ALERT = { detector: 'av', rule_id: 'r1', alert_key: 'k' }

/** Denies by a header, and speaks for a request by another. */
const AUTHZ = `package authz.http

deny if input.header["X-Deny"]

deny if input.path == "/api/v1/report/closed"

allow if input.header["X-Allow"]
`

let world: ApiWorld
beforeAll(async () => {
  world = await openApiWorld({ 'authz.rego': AUTHZ }, { allowHosts: ['tunnel.test'] })
})
afterAll(() => world.close())

function expectRefusal(answer: WireAnswer | null, status: number, code: string): void {
  expect(answer).toMatchObject({ status, json: { error: expect.any(String) as string, code } })
}

function rowsOf({ desk }: ApiWorld): { events: number; alerts: number; reports: number } {
  const { db } = desk.engine.services().store
  const sql = `SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM alert) AS alerts,
    (SELECT count(*) FROM report) AS reports`
  return db.prepare<[], { events: number; alerts: number; reports: number }>(sql).get()!
}

describe('what is no route of it', () => {
  it.each([
    ['POST', '/api/v0/report'],
    ['POST', '/api/v1/report/x'],
    ['POST', '/api/v1/alert/'],
    ['GET', '/api/v1/alert'],
    ['PUT', '/api/v1/alert'],
    ['HEAD', '/api/v1/report/x'],
    ['OPTIONS', '/api/v1/alert'],
    ['GET', '/api/v1/alert/x'],
    ['GET', '/api/v1/report/'],
    ['GET', '/api/v1/report/x/'],
    ['GET', '/api/v1/report/x/finding'],
    ['GET', '/api/v1/report/x/alert/y'],
    ['GET', '/api/v1'],
    ['GET', '/api/'],
    ['GET', '/api'],
    ['GET', '/api/V1/report/x'],
  ])('[B130] %s %s', async (method, target) => {
    const before = rowsOf(world)
    const answer = await send(world.port, { method, target, body: method === 'POST' ? JSON.stringify(ALERT) : '' })
    expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain' } })
    expect(answer?.body).toBe(method === 'HEAD' ? '' : '404 page not found')
    expect(Object.keys(answer?.headers ?? {})).not.toContain('deepalert-request-id')
    expect(rowsOf(world)).toEqual(before)
  })
})

describe('what comes to be taken', () => {
  const invalid = (fields: object): string => JSON.stringify({ ...ALERT, ...fields })

  it.each([
    ['101 attributes', invalid({ attributes: Array.from({ length: 101 }, () => ({ key: 'k', value: 'v' })) })],
    ['a detector of 1025 bytes', invalid({ detector: 'é'.repeat(513) })],
    ['a rule id of 100 kB', invalid({ rule_id: 'x'.repeat(100_000) })],
    ['a description of 4097 bytes', invalid({ description: 'x'.repeat(4097) })],
    ['a body of 65,537 bytes', invalid({ body: 'x'.repeat(65_535) })],
    ['no detector', invalid({ detector: '' })],
    ['no rule id', '{"detector":"d"}'],
    ['null', 'null'],
    ['one in an envelope that is none', JSON.stringify({ Message: '{}' })],
  ])('[B131] an alert that DeepAlert does not take: %s', async (_what, body) => {
    const before = rowsOf(world)
    const answer = await world.post(body)
    expectRefusal(answer, 400, 'invalid_alert')
    expect(answer.body).toMatch(
      /^\{"error":"Invalid alert format: [\w. ]+: Invalid Alert parameter: Invalid Alert parameter"/,
    )
    expect(rowsOf(world)).toEqual(before)
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{"detector":'],
    ['two values', '{}{}'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a number for a text', '{"detector":1}'],
    ['attributes that are no list', '{"attributes":{}}'],
    ['a time that is none', '{"timestamp":"2026-13-01T00:00:00Z"}'],
    ['lists in lists', `{"body":${'['.repeat(600)}${']'.repeat(600)}}`],
    ['a message that is no JSON', JSON.stringify({ Message: 'hello' })],
    ['a number beyond a double', '{"body":1e999}'],
  ])('[B132] what is no alert: %s', async (_what, body) => {
    const before = rowsOf(world)
    expectRefusal(await world.post(body), 400, 'malformed_json')
    expect(rowsOf(world)).toEqual(before)
  })

  it('[B132] more than the limit of every body', async () => {
    expectRefusal(await world.post(invalid({ body: 'x'.repeat(1024 * 1024) })), 413, 'too_large')
    expectRefusal(await world.post('{}', ['Content-Encoding: br']), 415, 'encoding_not_supported')
  })

  it('[B132] names such as __proto__ are passed over', async () => {
    const body =
      '{"__proto__":{"detector":"x"},"constructor":{"prototype":1},"detector":"d","rule_id":"proto","toString":1}'
    const answer = await world.post(body)
    expect(answer).toMatchObject({ status: 200, json: { alerts: [{ detector: 'd', rule_name: '' }] } })
  })

  it('[B133] with an envelope’s id or an Idempotency-Key that came before, and another alert', async () => {
    const key = ['Idempotency-Key: one']
    const first = await world.post({ ...ALERT, rule_id: 'again' }, key)
    const before = rowsOf(world)
    expect((await world.post({ ...ALERT, rule_id: 'again' }, key)).json).toEqual(first.json)
    expectRefusal(await world.post({ ...ALERT, rule_id: 'other' }, key), 422, 'idempotency_mismatch')
    expect(rowsOf(world)).toEqual(before)
    const wrapped = (ruleId: string): object => ({
      Type: 'Notification',
      MessageId: 'm-1',
      TopicArn: 'arn:aws:sns:eu-west-1:123456789012:alerts',
      Message: JSON.stringify({ ...ALERT, rule_id: ruleId }),
    })
    const { id, status } = await world.take(wrapped('wrapped'))
    expect(await world.take(wrapped('wrapped'))).toMatchObject({ id, status })
    expect(rowsOf(world).events).toBe(before.events + 1)
    await world.take(wrapped('not the same'))
    expect(rowsOf(world).events).toBe(before.events + 2)
  })
})

describe('who asks', () => {
  it.each([
    ['Origin: http://evil.test'],
    ['Sec-Fetch-Mode: cors'],
    ['Host: evil.test'],
    ['Host: tunnel.test'],
    ['Via: 1.1 x'],
  ])('[B134] a browser, another Host, a tunnel: %s', async (header) => {
    const code = /^(?:Host|Via)/.test(header) ? 'host_not_allowed' : 'browser_not_allowed'
    const before = rowsOf(world)
    for (const answer of [await world.post(ALERT, [header]), await world.get('report/x', [header])]) {
      expectRefusal(answer, 403, code)
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    expect(rowsOf(world)).toEqual(before)
  })

  it('[B135] authz decides first, by the path', async () => {
    for (const path of ['report/x', 'nothing', 'alert/alert:x/report']) {
      expectRefusal(await world.get(path, ['X-Deny: 1']), 403, 'denied')
    }
    expectRefusal(await world.get('report/closed'), 403, 'denied')
    expectRefusal(await world.get('report/clos%65d'), 403, 'denied')
    expectRefusal(await world.post(ALERT, ['X-Deny: 1']), 403, 'denied')
  })

  it('[B136] [S15] in the desk nothing is read without the read token, with a source’s, a wrong one, or one in the query', async () => {
    const desk = await openApiWorld({}, { command: 'desk' })
    const { id } = await desk.take(ALERT)
    const path = `report/${id}`
    for (const part of ['', '/alert', '/section', '/attribute']) {
      expectRefusal(await desk.get(`${path}${part}`), 401, 'unauthorized')
    }
    expectRefusal(await desk.get('alert/alert:x/report'), 401, 'unauthorized')
    const { token } = await desk.desk.ask('reading.newToken', {})
    expectRefusal(await desk.get(`${path}?X-API-KEY=${token}`), 401, 'unauthorized')
    expectRefusal(await desk.get(path, [`X-API-KEY: ${'x'.repeat(43)}`]), 401, 'unauthorized')
    const source = await desk.desk.ask('sources.create', { name: 'av' })
    expectRefusal(await desk.get(path, [`X-API-KEY: ${source.token}`]), 401, 'unauthorized')
    expectRefusal(
      await desk.get(path, [`X-API-KEY: ${token}`, `Authorization: Bearer ${source.token}`]),
      401,
      'unauthorized',
    )
    for (const header of [`X-API-KEY: ${token}`, `Authorization: Bearer ${token}`]) {
      expect(await desk.get(path, [header])).toMatchObject({ status: 200, json: { id } })
    }
    // GraphQL stays off, and its token opens no door for events.
    expect((await post(desk.port, '/graphql', '{}', [`X-API-KEY: ${token}`]))?.status).toBe(404)
    expectRefusal(await desk.post(ALERT, [`X-API-KEY: ${token}`]), 401, 'unauthorized')
    await desk.close()
  })

  it('[B136] in serve with GraphQL off, or once there is a read token; until then a warning says who may read', async () => {
    const off = await openApiWorld({}, { graphql: false })
    const { id } = await off.take(ALERT)
    expectRefusal(await off.get(`report/${id}`), 401, 'unauthorized')
    await off.close()
    const serve = await openApiWorld()
    const path = `report/${(await serve.take(ALERT)).id}`
    expect((await serve.get(path)).status).toBe(200)
    const { token } = await serve.desk.ask('reading.newToken', {})
    expectRefusal(await serve.get(path), 401, 'unauthorized')
    expect((await serve.get(path, [`X-API-KEY: ${token}`])).status).toBe(200)
    expect(readFileSync(join(serve.desk.folder, 'log'), 'utf8')).toMatch(/may read alerts, results and reports/)
    await serve.close()
  })

  it('[B137] [S15] once sources have tokens, events come with one, also as X-API-KEY', async () => {
    const desk = await openApiWorld()
    const { token } = await desk.desk.ask('sources.create', { name: 'av' })
    for (const headers of [[], ['X-API-KEY: wrong'], [`X-API-KEY: ${'x'.repeat(43)}`], [`X-Api-Token: ${token}`]]) {
      expectRefusal(await desk.post(ALERT, headers), 401, 'unauthorized')
    }
    expect(rowsOf(desk).events).toBe(0)
    expect((await desk.post(ALERT, [`X-API-KEY: ${token}`])).status).toBe(200)
    expect((await desk.post(ALERT, [`x-api-key: ${token}`, `Authorization: Bearer ${token}`])).status).toBe(200)
    // Elsewhere it is somebody else's header.
    expectRefusal(await post(desk.port, '/alert/door', '{}', [`X-API-KEY: ${token}`]), 401, 'unauthorized')
    const { db } = desk.desk.engine.services().store
    expect(JSON.stringify(db.prepare('SELECT * FROM event').all())).not.toContain(token)
    await desk.close()
  })
})

describe('what is asked for', () => {
  it.each([
    ["report/' OR 1=1 --"],
    ['report/%27%20OR%201%3D1'],
    ['report/..%2f..%2falert'],
    ['report/%00'],
    ['report/%F0%9F%98%80'],
    [`report/${'x'.repeat(5000)}`],
    ['report/__proto__'],
    ['report/constructor/alert'],
    ["alert/alert:'; DROP TABLE report/report"],
    ['alert/%2e%2e/report'],
  ])('[B138] [S21] a hostile id: %s', async (path) => {
    const before = rowsOf(world)
    expectRefusal(await world.get(path.replaceAll(' ', '%20')), 404, 'not_found')
    expect(rowsOf(world)).toEqual(before)
  })

  it('[B138] an id that is no text', async () => {
    expectRefusal(await world.get('report/%ff'), 400, 'malformed_request')
  })
})

describe('what an event in DeepAlert’s form hides', () => {
  const SECRET = 'canary-behind-a-handle'
  /** Passes on whatever it sees. */
  const careless = (url: string): Record<string, string> => ({
    'action.rego': `package action

run contains {"id": "a", "uses": "http.fetch", "args": {"method": "POST", "url": "${url}/action", "data": input.alert}} if input.seq == 0
`,
    'inspect.rego': `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "GET", "url": concat("", ["${url}/inspect?v=", urlquery.encode(input.attribute.value)])}}
`,
    'emit.rego': `package emit

run contains {"id": "e", "uses": "http.fetch", "args": {"method": "POST", "url": "${url}/emit", "data": input.report}} if input.seq == 0
`,
  })
  const escaped = (text: string): string =>
    text.replaceAll(/[^]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const alertText = (value: string): string =>
    `{"detector":"d","rule_id":"${value}","attributes":[{"type":"x","key":"k","value":"${value}"}],"body":"${value}"}`

  it.each([
    ['as it is', '/api/v1/alert', (handle: string) => alertText(handle)],
    ['in escapes', '/api/v1/alert', (handle: string) => alertText(escaped(handle))],
    ['in a message', '/api/v1/alert', (handle: string) => JSON.stringify({ Message: alertText(escaped(handle)) })],
    [
      'in a message as it is stored',
      '/alert/deepalert',
      (h: string) => JSON.stringify({ Message: alertText(escaped(h)) }),
    ],
  ])('[S32] a handle that it carries %s reveals nothing, nor does the report', async (_how, target, body) => {
    const headers = { 'content-type': 'application/json' }
    const remote = await FakeRemote.start({ service: () => ({ headers, body: '{}' }) })
    const env = { TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_INSPECT_DELAY: '0' }
    const desk = await openApiWorld(careless(remote.url), { mode: 'policy', env })
    await desk.desk.ask('secrets.set', { name: 'TOKEN', value: SECRET, hosts: [] })
    const handle = desk.desk.engine.services().handles.make('TOKEN')
    expect((await post(desk.port, target, body(handle)))?.status).toBe(200)
    await vi.waitFor(() => expect(new Set(remote.calls.map(({ path }) => path)).size).toBe(3), { timeout: 10_000 })
    await desk.desk.idle()
    const [id = ''] = desk.desk.engine.services().store.db.prepare<[], string>('SELECT id FROM report').pluck().all()
    const sent = remote.calls.map(({ path, query, body: data }) => `${path} ${query.get('v')} ${data}`)
    const told = [sent.join('\n'), JSON.stringify(await desk.read(`report/${id}`))]
    for (const text of told) {
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain(handle)
      expect(text).toContain('TOKEN')
    }
    await desk.close()
    await remote.close()
  })

  it('[S32] a message that is none holds up no report', async () => {
    const policy = 'package alert.deepalert\n\nalert contains {"title": "odd", "attrs": [{"key": "k", "value": "v"}]}\n'
    const desk = await openApiWorld({ 'alert/deepalert.rego': policy })
    for (const body of ['{"Message":"no JSON"}', '{"Message":"{\\"attributes\\":5}"}', '[1]', '"x"']) {
      expect((await post(desk.port, '/alert/deepalert', body))?.status).toBe(200)
    }
    const { id, status } = await desk.take(ALERT)
    expect(status).toBe('more')
    expect(await desk.read<object[]>(`report/${id}/alert`)).toHaveLength(5)
    await desk.close()
  })
})

describe('what goes wrong inside', () => {
  let desk: TestDesk | null = null
  afterEach(() => desk?.close())

  it('[B139] is in the log only: the answer is opaque and has the id under which to look', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('arn:aws:states:eu-west-1:1:execution failed')
    }
    const policies = { 'authz.rego': 'package authz.http\n\nallow := true\n' }
    desk = await startDesk({ policies, api: { read: failing, ofAlert: failing } })
    const answer = await send(desk.port, { method: 'GET', target: '/api/v1/report/x' })
    expect(answer).toMatchObject({ status: 500, headers: { 'content-type': 'application/json; charset=utf-8' } })
    const id = answer?.headers['deepalert-request-id'] ?? ''
    expect(id).toBe(answer?.headers['x-request-id'])
    expect(answer?.json).toEqual({ error: `internal server error (request ID: ${id})`, code: 'internal' })
    expect(JSON.stringify(desk.log.lines)).toContain('arn:aws:states')
  })

  it('[B139] an alert that is stored is acknowledged, also where its report cannot be read', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('arn:aws:states:eu-west-1:1:execution failed')
    }
    desk = await startDesk({ api: { read: failing, ofAlert: failing } })
    const answer = await post(desk.port, '/api/v1/alert', JSON.stringify(ALERT))
    expect(answer).toMatchObject({ status: 202, json: { problem: { code: 'report_pending' } } })
    expect(answer?.body).not.toContain('arn:')
    expect(desk.rows('alert')).toBe(1)
  })
})
