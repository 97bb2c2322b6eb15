import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DOOR_POLICY,
  open,
  post,
  readAll,
  requestText,
  send,
  sendBytes,
  startDesk,
  type TestDesk,
  type WireAnswer,
} from './receiver-kit.ts'
import { refusalOf } from './refusals.ts'

/*
 * The rows of the bad-input table in docs/SECURITY.md, each as it is written there. What a row stores is counted, so that a
 * refused request is shown to have left nothing.
 */

let desk: TestDesk

const MIB = 1024 * 1024
const EVENT = '{"title":"open","who":"ann"}'
const MORE_POLICIES = {
  'alert/conflict.rego': 'package alert.conflict\n\nalert := [] if input.a\n\nalert := [{}] if input.b\n',
  'alert/number.rego': 'package alert.number\n\nalert contains {"title": 5}\n',
  'alert/many.rego':
    'package alert.many\n\nalert contains {"title": sprintf("%d", [n])} if some n in numbers.range(1, 1001)\n',
  'alert/endless.rego':
    'package alert.endless\n\nalert contains {"title": "found"} if contains(input.text, input.part)\n',
  'alert/echo.rego':
    'package alert.echo\n\nalert contains {"title": input.title, "attrs": [{"key": k, "value": v} | some k, v in input]}\n',
}

beforeAll(async () => {
  desk = await startDesk({ policies: { 'alert/door.rego': DOOR_POLICY, ...MORE_POLICIES } })
})
afterAll(() => desk.close())

/** Expects a refusal with this code, and that nothing was stored. */
async function expectRefused(sending: Promise<WireAnswer | null>, status: number, code: string): Promise<void> {
  await refusalTo(sending, status, code)
}

function refusalTo(sending: Promise<WireAnswer | null>, status: number, code: string): Promise<WireAnswer> {
  return refusalOf(desk, sending, { status, code })
}

function lastEvent(): { id: string; body: string; outcome: string } {
  const id = desk.store.db.prepare('SELECT id FROM event ORDER BY seq DESC LIMIT 1').pluck().get() as string
  const { outcome } = desk.store.events.get(id)!
  return { id, body: Buffer.from(desk.store.events.body(id) ?? []).toString(), outcome }
}

function bodyOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`
}

describe('what is no request', () => {
  const own = (): string => `Host: 127.0.0.1:${desk.port}\r\n\r\n`

  it('[B1] HTTP/1.0 with a transfer encoding, other versions; with one own Host it is taken', async () => {
    const coded = `POST /alert/door HTTP/1.0\r\nTransfer-Encoding: chunked\r\n${own()}2\r\n{}\r\n0\r\n\r\n`
    await expectRefused(sendBytes(desk.port, coded), 400, 'malformed_request')
    await expectRefused(sendBytes(desk.port, `GET /health HTTP/2.0\r\n${own()}`), 400, 'malformed_request')
    await expectRefused(sendBytes(desk.port, 'GET /health HTTP/1.0\r\n\r\n'), 403, 'host_not_allowed')
    const taken = await send(desk.port, { version: '1.0', body: EVENT })
    expect(taken).toMatchObject({ status: 200, json: { alerts: [{ title: 'open' }] } })
  })

  it.each(['http://127.0.0.1/health', '//evil.test/health', '*'])('[B2] target %s', (target) =>
    expectRefused(sendBytes(desk.port, `OPTIONS ${target} HTTP/1.1\r\n${own()}`), 400, 'malformed_request'),
  )

  it.each([
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'POST /alert/door HTTP/1.1\nHost: x\n\n\n',
  ])('[B3] %j', (bytes) => expectRefused(sendBytes(desk.port, Buffer.from(bytes, 'latin1')), 400, 'malformed_request'))

  it('[B4] a path whose percent-encoding is broken', () =>
    expectRefused(post(desk.port, '/alert/%ff', EVENT), 400, 'malformed_request'))

  it.each([
    [['Content-Length: 5', 'Transfer-Encoding: chunked']],
    [['Content-Length: 5', 'Content-Length: 6']],
    [['Content-Length: -1']],
    [['Transfer-Encoding: gzip']],
    [['Transfer-Encoding: gzip, chunked']],
    [['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked']],
    [['Transfer-Encoding: chunked, chunked']],
    [['Transfer-Encoding: identity, chunked']],
  ])('[B5] framing %j', (headers) =>
    expectRefused(send(desk.port, { headers, body: '0\r\n\r\n' }), 400, 'malformed_request'),
  )

  it('[B6] a request line or headers over 8 KiB', async () => {
    await expectRefused(post(desk.port, '/alert/door', EVENT, [`X: ${'x'.repeat(9000)}`]), 431, 'headers_too_large')
    await expectRefused(post(desk.port, `/alert/door?${'x'.repeat(9000)}`, EVENT), 431, 'headers_too_large')
  })

  it('[B7] one that does not end', async () => {
    const slow = await startDesk({ limits: { requestMs: 200, checkMs: 50 } })
    const socket = await open(slow.port)
    socket.write(requestText(slow.port, { headers: ['Content-Length: 100'] }))
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 [^]*"code":"timeout"/)
    expect(slow.rows('event')).toBe(0)
    await slow.close()
  })
})

describe('who may not send', () => {
  it('[B8] a Host that is missing, foreign or given twice', async () => {
    await expectRefused(sendBytes(desk.port, 'GET /health HTTP/1.1\r\n\r\n'), 403, 'host_not_allowed')
    await expectRefused(post(desk.port, '/alert/door', EVENT, ['Host: evil.test']), 403, 'host_not_allowed')
    const twice = [`Host: 127.0.0.1:${desk.port}`, 'Host: evil.test']
    await expectRefused(post(desk.port, '/alert/door', EVENT, twice), 403, 'host_not_allowed')
  })

  it.each(['Origin: http://evil.test', 'Origin: null', 'Sec-Fetch-Mode: no-cors'])('[B9] a browser: %s', (header) =>
    expectRefused(post(desk.port, '/alert/door', EVENT, [header]), 403, 'browser_not_allowed'),
  )

  it.each([
    'Forwarded: for=192.0.2.60;proto=http',
    'X-Forwarded-For: 127.0.0.1',
    'x-forwarded-host: alerts.example.org',
    'X-Forwarded: for=127.0.0.1',
    'X-Real-IP: 127.0.0.1',
    'Via: 1.1 proxy',
    'CF-Connecting-IP: 127.0.0.1',
    'cf-ray: 8c1',
    'X-Forwarded-For:',
    'X_Forwarded_For: 127.0.0.1',
    'X-Original-Forwarded-For: 127.0.0.1',
    'X-Original-Host: alerts.example.org',
    'True-Client-IP: 127.0.0.1',
    'X-Client-IP: 127.0.0.1',
    'X-Cluster-Client-IP: 127.0.0.1',
    'Fastly-Client-IP: 127.0.0.1',
    'Fly-Region: ams',
    'X-Envoy-External-Address: 127.0.0.1',
    'X-Azure-ClientIP: 127.0.0.1',
    'CDN-Loop: example',
  ])('[B39] from a proxy, under our own name: %s', async (header) => {
    await expectRefused(post(desk.port, '/alert/door', EVENT, [header]), 401, 'unauthorized')
    await expectRefused(
      send(desk.port, { method: 'GET', target: '/health', headers: [header] }),
      403,
      'host_not_allowed',
    )
    const own = `Authorization: Bearer ${desk.receiver.ownToken()}`
    expect((await post(desk.port, '/alert/door', EVENT, [header, own]))?.status).toBe(200)
  })

  it('[B10] a wrong token, and then many of them', async () => {
    const guess = (): Promise<WireAnswer | null> =>
      post(desk.port, '/alert/door', EVENT, ['Authorization: Bearer guess'])
    for (let count = 0; count < 10; count += 1) await expectRefused(guess(), 401, 'unauthorized')
    const answer = await refusalTo(guess(), 429, 'too_many_failures')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('[B11] what an authz policy denies, or fails on', async () => {
    for (const [rule, status, code] of [
      ['deny := true', 403, 'denied'],
      ['deny := "yes"', 500, 'authz_failed'],
    ] as const) {
      const guarded = await startDesk({ policies: { 'authz/http.rego': `package authz.http\n\n${rule}\n` } })
      const answer = await post(guarded.port, '/alert/door', EVENT)
      expect(answer).toMatchObject({ status, json: { code } })
      expect(guarded.rows('event')).toBe(0)
      await guarded.close()
    }
  })
})

describe('where it cannot go', () => {
  it.each(['/', '/alert', '/alert/raw/', '/alert/raw/a/b', '/alert/sns', '/Alert/door', '/alert/door/'])(
    '[B12] path %s',
    (target) => expectRefused(post(desk.port, target, EVENT), 404, 'not_found'),
  )

  it.each(['GET', 'PUT', 'DELETE', 'TRACE', 'OPTIONS'])('[B13] method %s', (method) =>
    expectRefused(send(desk.port, { method, target: '/alert/door' }), 405, 'method_not_allowed'),
  )

  it.each(['9a', 'a..b', '.a', 'a.', 'foo%5B_%5D', 'a%20b', 'a%3B', 'a%0a', '%2e%2e', '%C3%A9', 'a'.repeat(129)])(
    '[B14] schema %s',
    (schema) => expectRefused(post(desk.port, `/alert/raw/${schema}`, EVENT), 422, 'schema_invalid'),
  )

  it.each([[['Idempotency-Key: a', 'Idempotency-Key: b']], [[`Idempotency-Key: ${'x'.repeat(257)}`]]])(
    '[B15] a delivery id that is none',
    (headers) => expectRefused(post(desk.port, '/alert/door', EVENT, headers), 400, 'malformed_request'),
  )
})

describe.each(['door', 'unknown'])('text that is no event, for schema %s', (schema) => {
  const refuse = (body: string | Uint8Array): Promise<void> =>
    expectRefused(post(desk.port, `/alert/${schema}`, body), 400, 'malformed_json')

  it.each([
    '',
    ' ',
    '{',
    '{"a":1',
    '{a:1}',
    "{'a':1}",
    '[1,]',
    '{"a":1,}',
    '1.',
    '.5',
    '01',
    '+1',
    '0x10',
    'NaN',
    'Infinity',
    'nul',
    '"\n"',
    '"\\x"',
    '// c\n{}',
    'title=open',
  ])('[B19] no JSON: %j', refuse)

  it.each(['{} {}', '{}x', '1 2', '{}\n{}', '{}\0'])('[B20] more than one value: %j', refuse)

  it.each([[[0xff, 0x31]], [[0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]], [[0x7b, 0xc3, 0x7d]]])(
    '[B19] no JSON for bytes that are no UTF-8, outside of a text: %j',
    (bytes) => refuse(Uint8Array.from(bytes)),
  )

  it('[B23] nested deeper than 500', async () => {
    await refuse('['.repeat(1000) + ']'.repeat(1000))
    await refuse('{"a":'.repeat(501) + '1' + '}'.repeat(501))
    await refuse('['.repeat(500_000))
    expect((await post(desk.port, `/alert/${schema}`, '['.repeat(500) + ']'.repeat(500)))?.status).toBe(200)
  })

  it.each(['1e309', '-1e309', '{"a":[1e999]}', '9'.repeat(400)])('[B24] a number that no program holds: %s', refuse)
})

describe('events that are odd, and taken', () => {
  const take = async (body: string, schema = 'door'): Promise<Record<string, unknown>> => {
    const answer = await post(desk.port, `/alert/${schema}?raw=1`, body)
    expect(answer).toMatchObject({ status: 200 })
    // The bytes are evidence: they are kept as they came, compressed where that pays.
    expect(lastEvent().body).toBe(body)
    return (answer!.json as { alerts: Record<string, unknown>[] }).alerts[0] ?? {}
  }

  /** Takes a title's bytes, and expects the flag, the bytes as they came and the title that policy and answer have. */
  const takeTitle = async (title: number[] | string, read: string): Promise<void> => {
    const name = typeof title === 'string' ? Buffer.from(title) : Buffer.from(title)
    const body = Buffer.concat([Buffer.from('{"who":1,"title":"'), name, Buffer.from('"}')])
    const answer = await post(desk.port, '/alert/door?raw=1', body)
    expect(answer).toMatchObject({ status: 200, json: { alerts: [{ title: read, data: { title: read } }] } })
    expect((answer!.json as { alerts: [{ raw: string }] }).alerts[0].raw).toContain(`"title": "${read}"`)
    const { id } = lastEvent()
    expect(desk.store.events.body(id)).toEqual(body)
    expect(desk.store.events.get(id)).toMatchObject({ isTextReplaced: true })
    expect(desk.store.alerts.publicForms(id)).toMatchObject([{ title: read, data: { title: read } }])
  }

  it.each([
    [[0x78, 0xff, 0x79], 'x\ufffdy'],
    [[0xc0, 0xaf], '\ufffd\ufffd'],
    [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    [[...Buffer.from('caf\xe9', 'latin1')], 'caf\ufffd'],
  ])('[B21] bytes that are no UTF-8: %j', takeTitle)

  it.each([
    ['/tmp/\\udcff.exe', '/tmp/\ufffd.exe'],
    ['\\udc00\\ud800', '\ufffd\ufffd'],
    ['\\ud83d\\ude00\\uD83D', '\u{1f600}\ufffd'],
  ])('[B22] half a surrogate pair: %s', takeTitle)

  it('[B22] in a key, and of a schema without a package', async () => {
    const answer = await post(desk.port, '/alert/echo', '{"title":"open","\\ud800":"\\ud800"}')
    expect(answer).toMatchObject({
      status: 200,
      json: { alerts: [{ attrs: [{}, { key: '\ufffd', value: '\ufffd' }] }] },
    })
    expect(await post(desk.port, '/alert/nobody', '{"\\ud800":1}')).toMatchObject({ status: 200 })
    expect(desk.store.events.get(lastEvent().id)).toMatchObject({ isTextReplaced: true })
  })

  it('[B25] a byte order mark is not part of the value', async () => {
    expect(await take(`\uFEFF${EVENT}`)).toMatchObject({ title: 'open', data: { title: 'open' } })
  })

  it('[B26] of a repeated key the last counts, for the policy as for the answer', async () => {
    const alert = await take('{"title":"first","title":"last","who":1}')
    expect(alert).toMatchObject({ title: 'last', data: { title: 'last' } })
    expect(alert['raw']).toBe('{\n  "title": "last",\n  "who": 1\n}\n')
  })

  it('[B27] __proto__ and constructor are keys like any other', async () => {
    const alert = await take('{"title":"open","__proto__":{"who":"evil"},"constructor":{"prototype":{"x":1}}}', 'echo')
    const keys = (alert['attrs'] as { key: string }[]).map(({ key }) => key)
    expect(keys.sort()).toEqual(['__proto__', 'constructor', 'title'])
    expect(alert['raw']).toContain('"__proto__": {')
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('[B28] 100,000 keys', async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `"${index.toString(36)}":1`)
    expect(await take(`{"title":"many","who":1,${keys.join()}}`)).toMatchObject({ title: 'many' })
  })

  it('[B29] a number beyond 2^53 reaches answer and store as it was sent', async () => {
    await take('{"title":"big","who":12345678901234567890}')
    const answer = await post(desk.port, '/alert/door', '{"title":"big","who":12345678901234567890}')
    expect(answer?.body).toContain('"data":{"title":"big","who":12345678901234567890}')
  })

  it('[B30] control, direction and escape characters, markup, SQL and formulas are text', async () => {
    const hostile =
      "\u0000\u0007\u001b[31m\u202Egpj.exe<script>alert(1)</script>'; DROP TABLE event; --\" OR 1=1 =cmd|' /C calc'!A0 ${7*7} {{7*7}} %00 ../../etc/passwd"
    const alert = await take(JSON.stringify({ title: hostile, who: hostile }))
    expect(alert).toMatchObject({ title: hostile, attrs: [{ value: hostile }] })
    expect(desk.store.alerts.get(String(alert['id']))).toMatchObject({ title: hostile })
    expect(desk.store.db.pragma('integrity_check', { simple: true })).toBe('ok')
  })

  it('[B31] many values deep down: the text beside the event does not grow without bound', async () => {
    const deep = `${'['.repeat(490)}${'1,'.repeat(400_000)}1${']'.repeat(490)}`
    const alert = await take(`{"title":"deep","who":1,"deep":${deep}}`)
    expect(String(alert['raw']).length).toBeLessThan(4 * MIB)
  })

  it('[B32] a schema without a package is stored, and one problem stands for all its events', async () => {
    const problems = desk.rows('problem')
    for (let count = 0; count < 3; count += 1) {
      const answer = await post(desk.port, '/alert/nobody.knows-it', EVENT)
      expect(answer).toMatchObject({ status: 200, json: { alerts: [] } })
      expect(lastEvent().outcome).toBe('no_policy')
    }
    expect(desk.rows('problem')).toBe(problems + 1)
    expect(desk.store.problems.openNoPolicy('nobody.knows-it')).toMatchObject({ code: 'no_policy', count: 3 })
  })

  it('[B33] a repeat of a delivery id gets the first answer; to another schema it is another event', async () => {
    const first = await post(desk.port, '/alert/door', EVENT, ['Idempotency-Key: b33'])
    const events = desk.rows('event')
    const again = await post(desk.port, '/alert/raw/door?again=1', EVENT, ['Idempotency-Key: b33'])
    expect(again?.body).toBe(first?.body)
    expect(desk.rows('event')).toBe(events)
    const elsewhere = await post(desk.port, '/alert/other', EVENT, ['Idempotency-Key: b33'])
    expect(elsewhere).toMatchObject({ status: 200, json: { alerts: [] } })
    expect(desk.rows('event')).toBe(events + 1)
  })

  it('[B38] a delivery id with another body', async () => {
    await post(desk.port, '/alert/door', EVENT, ['Idempotency-Key: b38'])
    const other = (body: string): Promise<WireAnswer | null> =>
      post(desk.port, '/alert/door', body, ['Idempotency-Key: b38'])
    await expectRefused(other(`${EVENT} `), 422, 'idempotency_mismatch')
    await expectRefused(other('{"title":"other"}'), 422, 'idempotency_mismatch')
    await expectRefused(other('{'), 400, 'malformed_json')
  })
})

describe('events that a policy cannot judge are stored with a problem', () => {
  const judge = async (schema: string, body: string, code: string): Promise<void> => {
    const answer = await post(desk.port, `/alert/${schema}`, body)
    expect(answer).toMatchObject({ status: 202, json: { problem: { code } } })
    const { event_id: id, problem } = answer!.json as { event_id: string; problem: { id: string } }
    expect(desk.store.events.get(id)).toMatchObject({ id, outcome: 'problem' })
    expect(new TextDecoder().decode(desk.store.events.body(id) ?? undefined)).toBe(body)
    expect(desk.store.problems.openOfEvent(id)).toMatchObject({ id: problem.id, code })
  }

  it('[B34] rules in conflict', () => judge('conflict', '{"a":true,"b":true}', 'eval_conflict_error'))
  it('[B35] a result of a wrong type', () => judge('number', '{}', 'policy_result'))
  it('[B36] more than 1,000 alerts of one event', () => judge('many', '{}', 'policy_result'))

  it('[B37] an evaluation without end; the event behind it is judged', async () => {
    const hang = JSON.stringify({ text: 'a'.repeat(700_000), part: `${'a'.repeat(300_000)}b` })
    const endless = judge('endless', hang, 'policy_timeout')
    const behind = post(desk.port, '/alert/door', EVENT)
    await endless
    expect(await behind).toMatchObject({ status: 200, json: { alerts: [{ title: 'open' }] } })
  })
})

it('[S16] keeps memory flat whatever is sent', { timeout: 60_000 }, async () => {
  const before = process.memoryUsage().rss
  const bodies = [bodyOf(MIB + 1), '['.repeat(MIB), `${bodyOf(MIB - 10)}x`, Buffer.alloc(MIB, 0xff)]
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(bodies.map((body) => post(desk.port, '/alert/door', body)))
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB)
})
