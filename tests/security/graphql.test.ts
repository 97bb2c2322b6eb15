import { getIntrospectionQuery } from 'graphql'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executeGraphql } from '../../electron/engine/graphql/execute.ts'
import { GraphqlHandler } from '../../electron/engine/graphql/graphql-handler.ts'
import { GraphqlRunner } from '../../electron/engine/graphql/graphql-runner.ts'
import { LIMITS } from '../../electron/engine/graphql/limits.ts'
import { Handles } from '../../electron/engine/secrets/handles.ts'
import { Redactor } from '../../electron/engine/secrets/redact.ts'
import { FakeClock, FakeLog } from '../fakes/ports.ts'
import { addChain } from '../fakes/chain-rows.ts'
import { errorsOf, get, openGraphqlWorld, type GraphqlWorld } from '../fakes/graphql-world.ts'
import { addAlert, openTestStore } from '../fakes/store.ts'
import { DOOR_POLICY, post, send, type WireAnswer } from './receiver-kit.ts'

/*
 * The rows B80 to B99 of the bad-input table in docs/SECURITY.md: what comes to /graphql. Nothing of it is stored.
 */

const JSON_TYPE = 'Content-Type: application/json'
const IDS = '{ workflows(limit: 1) { id } }'
const NO_TRANSPORT = { errors: [{ message: 'transport not supported' }], data: null }

/** Denies by a header, and speaks for a request by another. */
const AUTHZ = `package authz.http

deny if input.header["X-Deny"]

allow if input.header["X-Allow"]
`

let world: GraphqlWorld
beforeAll(async () => {
  world = await openGraphqlWorld(
    { 'alert/door.rego': DOOR_POLICY, 'authz.rego': AUTHZ },
    { allowHosts: ['tunnel.test'] },
  )
  await world.alert('door', '{"title":"open","who":"ann"}')
  await world.idle()
})
afterAll(() => world.close())

/** Expects this status and this code of the first error. */
async function expectError(asking: Promise<WireAnswer>, status: number, code: string, message?: RegExp): Promise<void> {
  const answer = await asking
  const [error] = errorsOf(answer)
  expect({ status: answer.status, code: error?.extensions?.code }).toEqual({ status, code })
  expect(answer.json).toMatchObject({ data: null })
  if (message) expect(error?.message).toMatch(message)
}

function expectRefusal(answer: WireAnswer | null, status: number, code: string): void {
  expect(answer).toMatchObject({ status, json: { error: expect.any(String) as string, code } })
}

describe('who may not ask', () => {
  it('[B80] where GraphQL is off, and below its path, there is nothing', async () => {
    expectRefusal(await get(world.port, `/graphql/?query=${encodeURIComponent(IDS)}`), 404, 'not_found')
    expectRefusal(await get(world.port, '/graphiql'), 404, 'not_found')
    const off = await openGraphqlWorld({ 'alert/door.rego': DOOR_POLICY }, { graphql: false })
    expectRefusal(await off.ask(IDS), 404, 'not_found')
    await off.close()
  })

  it('[B80] in the desk it is off until it is switched on', async () => {
    const desk = await openGraphqlWorld({ 'alert/door.rego': DOOR_POLICY }, { command: 'desk' })
    expectRefusal(await desk.ask(IDS), 404, 'not_found')
    await desk.desk.ask('settings.set', { changes: { 'read.graphql': true } })
    expectRefusal(await desk.ask(IDS), 401, 'unauthorized')
    await desk.close()
  })

  it('[B81] without the read token in the desk, with that of a source, with a wrong one, with one before the last', async () => {
    const desk = await openGraphqlWorld(
      { 'alert/door.rego': DOOR_POLICY, 'authz.rego': AUTHZ },
      { command: 'desk', graphql: true },
    )
    const bearer = (token: string): string[] => [`Authorization: Bearer ${token}`]
    expectRefusal(await desk.ask(IDS), 401, 'unauthorized')
    const first = await desk.desk.ask('reading.newToken', {})
    expect(first.token).toMatch(/^[\w-]{43}$/)
    expect((await desk.ask(IDS, {}, bearer(first.token))).json).toEqual({ data: { workflows: [] } })
    const { token } = await desk.desk.ask('reading.newToken', {})
    expectRefusal(await desk.ask(IDS, {}, bearer(first.token)), 401, 'unauthorized')
    expect((await desk.ask(IDS, {}, bearer(token))).status).toBe(200)
    const source = await desk.desk.ask('sources.create', { name: 'falco' })
    expectRefusal(await desk.ask(IDS, {}, bearer(source.token)), 401, 'unauthorized')
    expectRefusal(await desk.ask(IDS, {}, bearer('x'.repeat(43))), 401, 'unauthorized')
    // The read token sends nothing; a rule that allows is as good as one.
    expectRefusal(await post(desk.port, '/alert/door', '{}', bearer(token)), 401, 'unauthorized')
    expect((await desk.ask(IDS, {}, ['X-Allow: 1'])).status).toBe(200)
    await desk.close()
  })

  it('[B81] elsewhere as soon as there is a token; until then a warning says who may read', async () => {
    const serve = await openGraphqlWorld({ 'alert/door.rego': DOOR_POLICY })
    expect((await serve.ask(IDS)).status).toBe(200)
    const { token } = await serve.desk.ask('reading.newToken', {})
    expectRefusal(await serve.ask(IDS), 401, 'unauthorized')
    expect((await serve.ask(IDS, {}, [`Authorization: Bearer ${token}`])).status).toBe(200)
    expect(readFileSync(join(serve.desk.folder, 'log'), 'utf8')).toMatch(
      /GraphQL is on: every user of this computer may read/,
    )
    await serve.close()
  })

  it.each([['Origin: http://evil.test'], ['Sec-Fetch-Mode: cors'], ['Host: evil.test'], ['Host: tunnel.test']])(
    '[B82] a browser, another Host, a tunnel: %s',
    async (header) => {
      const answer = await world.ask(IDS, {}, [header])
      expectRefusal(answer, 403, header.startsWith('Host') ? 'host_not_allowed' : 'browser_not_allowed')
      const preflight = await send(world.port, { method: 'OPTIONS', target: '/graphql', headers: [header] })
      expect(preflight?.status).toBe(403)
      expect(Object.keys(preflight?.headers ?? {}).filter((name) => name.startsWith('access-control'))).toEqual([])
    },
  )

  it('[B83] what authz denies', async () => {
    expectRefusal(await world.ask(IDS, {}, ['X-Deny: 1']), 403, 'denied')
    expectRefusal(
      await send(world.port, { method: 'OPTIONS', target: '/graphql', headers: ['X-Deny: 1'] }),
      403,
      'denied',
    )
  })
})

describe('what is no GraphQL request', () => {
  it.each([
    ['a form', 'POST', ['Content-Type: application/x-www-form-urlencoded'], 'query=%7B__typename%7D'],
    ['multipart', 'POST', ['Content-Type: multipart/form-data; boundary=x'], '--x--'],
    ['a type that only begins alike', 'POST', ['Content-Type: application/jsonp'], '{}'],
    ['no type', 'POST', [], '{}'],
    ['PUT', 'PUT', [JSON_TYPE], '{}'],
    ['DELETE', 'DELETE', [], ''],
    ['a websocket', 'GET', ['Connection: Upgrade', 'Upgrade: websocket'], ''],
  ])('[B84] another transport: %s', async (_what, method, headers, body) => {
    const answer = await send(world.port, {
      method,
      target: `/graphql?query=${encodeURIComponent(IDS)}`,
      headers,
      body,
    })
    expect(answer).toMatchObject({ status: 400, json: NO_TRANSPORT })
  })

  it('speaks POST, GET and OPTIONS', async () => {
    const charset = ['Content-Type: Application/JSON; charset=utf-8']
    expect((await post(world.port, '/graphql', JSON.stringify({ query: IDS }), charset))?.status).toBe(200)
    const query = encodeURIComponent(
      'query A($n: Int) { workflows(limit: $n) { id } } query B { none: workflows(limit: 0) { id } }',
    )
    const target = `/graphql?query=${query}&variables=${encodeURIComponent('{"n":0}')}&operationName=`
    expect((await get(world.port, `${target}A`))?.json).toEqual({ data: { workflows: [] } })
    expect((await get(world.port, `${target}B`))?.json).toEqual({ data: { none: [] } })
    const options = await send(world.port, { method: 'OPTIONS', target: '/graphql' })
    expect(options).toMatchObject({ status: 200, body: '', headers: { allow: 'OPTIONS, GET, POST' } })
  })

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a text', '"{ workflows { id } }"'],
    ['a query that is no text', '{"query":5}'],
    ['variables that are no object', `{"query":"${IDS}","variables":[1]}`],
    ['an operation that is no text', `{"query":"${IDS}","operationName":{}}`],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('[B85] a body that is no request: %s', async (_what, body) => {
    const answer = await post(world.port, '/graphql', body, [JSON_TYPE])
    expect(answer?.status).toBe(400)
    expect(errorsOf(answer)[0]?.message).toMatch(/^json request body could not be decoded: /)
  })

  it('[B85] parameters that are not JSON', async () => {
    const answer = await get(world.port, '/graphql?query=%7B__typename%7D&variables=%7B')
    expect(answer).toMatchObject({ status: 400, json: { data: null } })
    expect(errorsOf(answer)[0]?.message).toMatch(/^variables could not be decoded/)
  })

  it('[B86] several operations in one request', async () => {
    const answer = await post(world.port, '/graphql', JSON.stringify([{ query: IDS }, { query: IDS }]), [JSON_TYPE])
    expect(answer?.status).toBe(400)
    expect(errorsOf(answer)).toEqual([{ message: 'batching is not supported: send one operation per request' }])
  })

  it('answers a persisted query as one that is not known', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } }
    const answer = await post(world.port, '/graphql', JSON.stringify({ extensions }), [JSON_TYPE])
    expect(answer?.status).toBe(200)
    expect(errorsOf(answer)).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }])
    expect((await post(world.port, '/graphql', JSON.stringify({ query: IDS, extensions }), [JSON_TYPE]))?.json).toEqual(
      {
        data: { workflows: [{ id: expect.any(String) as string }] },
      },
    )
  })
})

describe('a query that is too large', () => {
  it('[B87] more bytes, more characters', async () => {
    const body = JSON.stringify({ query: IDS, extensions: { fill: 'x'.repeat(LIMITS.bodyBytes) } })
    expectRefusal(await post(world.port, '/graphql', body, [JSON_TYPE]), 413, 'too_large')
    await expectError(world.ask(`${IDS}#${'x'.repeat(LIMITS.queryCharacters)}`), 422, 'GRAPHQL_PARSE_FAILED')
  })

  it('[B88] more tokens', () =>
    expectError(world.ask(`{ ${'a '.repeat(LIMITS.tokens)}}`), 422, 'GRAPHQL_PARSE_FAILED', /more than 2000 tokens/))

  it.each([
    ['fields below each other', `{ __schema { types { ${'ofType { '.repeat(20)}name${' }'.repeat(20)} } } }`],
    ['fields beside each other', `{ workflows { ${'id '.repeat(1000)} } }`],
  ])('[B89] more %s', (_what, query) => expectError(world.ask(query), 422, 'COMPLEXITY_LIMIT_EXCEEDED'))

  it('[B90] fragments that multiply', () => {
    const chain = Array.from(
      { length: 100 },
      (_, n) => `fragment f${n} on WorkflowRecord { ...f${n + 1} ...f${n + 1} }`,
    )
    const query = `{ workflows { ...f0 } } ${chain.join(' ')} fragment f100 on WorkflowRecord { id }`
    return expectError(world.ask(query), 422, 'COMPLEXITY_LIMIT_EXCEEDED', /more than 1000 fields/)
  })

  it('[B90] fragments that contain themselves', () => {
    const query = '{ workflows { ...a } } fragment a on WorkflowRecord { ...b } fragment b on WorkflowRecord { ...a }'
    return expectError(world.ask(query), 422, 'GRAPHQL_VALIDATION_FAILED', /within itself/)
  })

  it('[B91] aliases and lists that cost too much', async () => {
    const page = 'workflows(limit: 100) { id actions { id args { key value } } }'
    const aliases = Array.from({ length: 20 }, (_, n) => `a${n}: ${page}`)
    await expectError(world.ask(`{ ${aliases.join(' ')} }`), 422, 'COMPLEXITY_LIMIT_EXCEEDED', /costs/)
    const limited = `query ($n: Int) { ${page.replace('100', '$n')} }`
    await expectError(world.ask(limited, { n: 1000 }), 422, 'COMPLEXITY_LIMIT_EXCEEDED', /costs/)
    expect((await world.ask(limited, { n: 10 })).status).toBe(200)
  })

  it('[B92] introspection that goes round in circles', async () => {
    const query = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }'
    await expectError(world.ask(query), 422, 'GRAPHQL_VALIDATION_FAILED', /introspection depth/)
    const { json } = await world.ask(getIntrospectionQuery())
    expect(json).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } })
  })
})

describe('a query that is wrong', () => {
  it.each(['{', '{ workflows(limit: ) { id } }', 'hello', `{ ${'['.repeat(900)}`])('[B93] no GraphQL: %s', (query) =>
    expectError(world.ask(query), 422, 'GRAPHQL_PARSE_FAILED'),
  )

  it.each([
    ['an unknown field', '{ workflows { nope } }'],
    ['a wrong type', '{ workflows(limit: "1") { id } }'],
    ['a missing argument', '{ Workflow { id } }'],
    ['a mutation', 'mutation { workflows { id } }'],
    ['a subscription', 'subscription { workflows { id } }'],
    ['an unknown directive', '{ workflows { ... @defer { id } } }'],
    ['no operation', ' '],
    ['only a fragment', 'fragment a on WorkflowRecord { id }'],
    ['two operations and no name', 'query A { workflows { id } } query B { workflows { id } }'],
    ['a type definition', 'type Query { a: Int }'],
  ])('[B94] not valid: %s', (_what, query) => expectError(world.ask(query), 422, 'GRAPHQL_VALIDATION_FAILED'))

  it.each([[{ n: 'x' }], [{ n: 1.5 }], [{ n: 2 ** 31 }], [{ n: { a: 1 } }], [{ n: [1, 2] }]])(
    '[B95] a variable of a wrong type: %j',
    (variables) =>
      expectError(
        world.ask('query ($n: Int) { workflows(limit: $n) { id } }', variables),
        422,
        'GRAPHQL_VALIDATION_FAILED',
      ),
  )

  it('[B95] names that mean something to JavaScript are names', async () => {
    const body = `{"query":"query ($__proto__: Int, $constructor: Int) { toString: workflows(limit: $__proto__, offset: $constructor) { __proto__: id } }","variables":{"__proto__":1,"constructor":0,"polluted":true},"operationName":null}`
    const answer = await post(world.port, '/graphql', body, [JSON_TYPE])
    expect(answer?.body).toMatch(/^\{"data":\{"toString":\[\{"__proto__":"[0-9a-f-]{36}"\}\]\}\}\n$/)
    expect('polluted' in {}).toBe(false)
  })

  it('[B96] pages that are none, and ids that are nobody’s', async () => {
    for (const page of ['offset: -1', 'limit: -1', 'limit: 1001', 'offset: 1000001']) {
      await expectError(world.ask(`{ workflows(${page}) { id } }`), 200, 'page_invalid')
    }
    for (const id of ['', "' OR 1=1 --", 'x'.repeat(5000), '\u0000', '‮']) {
      await expectError(world.ask('query ($id: String!) { Workflow(id: $id) { id } }', { id }), 200, 'workflow_missing')
    }
  })
})

describe('an answer that is too much', () => {
  it('[B97] more text than is sent at once', async () => {
    const store = await openTestStore({ isInMemory: true })
    const body = Buffer.from(JSON.stringify('z'.repeat(LIMITS.answerCharacters / 2)))
    const ask = (query: string) => {
      const { status, text } = executeGraphql(store.db, { query, variables: {}, operationName: null })
      return { status, errors: (JSON.parse(text) as { errors?: unknown }).errors }
    }
    await addChain(store, { alertId: (await addAlert(store, {}, { body })).id })
    expect(ask('{ workflows { alert { data } } }')).toEqual({ status: 200, errors: undefined })
    await addChain(store, { alertId: (await addAlert(store, {}, { body })).id })
    expect(ask('{ workflows { alert { data } } }')).toMatchObject({
      status: 200,
      errors: [
        { message: expect.stringContaining('ask for fewer') as string, extensions: { code: 'answer_too_large' } },
      ],
    })
    expect(ask('{ workflows { alert { title } } }')).toEqual({ status: 200, errors: undefined })
    await store.close()
  })

  it('[B98] a query that takes too long ends with its thread; the next one is answered', async () => {
    const clock = new FakeClock()
    const runner = new GraphqlRunner(databaseOf(world), clock)
    const query = { query: IDS, variables: {}, operationName: null }
    const slow = runner.run(query)
    // The thread is being started: the deadline passes before it can have answered.
    await Promise.resolve()
    clock.advance(LIMITS.deadlineMs)
    await expect(slow).rejects.toMatchObject({ code: 'graphql_timeout' })
    expect(await runner.run(query)).toMatchObject({ status: 200 })
    await runner.close()
    await expect(runner.run(query)).rejects.toMatchObject({ code: 'graphql_closed' })
  })

  it('[B99] more queries at once than wait', async () => {
    const runner = new GraphqlRunner(databaseOf(world), new FakeClock())
    const parts = { handles: new Handles(Buffer.alloc(32)), redactor: new Redactor(), log: new FakeLog() }
    const handler = new GraphqlHandler({ runner, ...parts })
    const body = Buffer.from(JSON.stringify({ query: IDS }))
    const request = {
      method: 'POST',
      query: new URLSearchParams(),
      rawHeaders: ['Content-Type', 'application/json'],
      body,
    }
    const answers = await Promise.all(Array.from({ length: 20 }, () => handler.answer(request)))
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: LIMITS.waiting + 1 }, () => 200),
      ...Array.from({ length: 20 - LIMITS.waiting - 1 }, () => 503),
    ])
    expect(answers.at(-1)).toMatchObject({ code: 'busy', headers: { 'Retry-After': '5' } })
    await runner.close()
  })

  it('takes secrets out value by value, so that the answer stays JSON', async () => {
    const redactor = new Redactor()
    redactor.add('86400000')
    const text = '{"data":{"a":86400000,"b":"it is 86400000."}}\n'
    const runner = { run: () => Promise.resolve({ status: 200 as const, text }) }
    const handler = new GraphqlHandler({ runner, handles: new Handles(Buffer.alloc(32)), redactor, log: new FakeLog() })
    const query = new URLSearchParams({ query: IDS })
    const answer = await handler.answer({ method: 'GET', query, rawHeaders: [], body: Buffer.alloc(0) })
    expect(answer).toMatchObject({ text: '{"data":{"a":"[REDACTED]","b":"it is [REDACTED]."}}\n' })
  })
})

it('stores nothing of all that', () => {
  const { db } = world.desk.engine.services().store
  const count = 'SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM problem) AS problems'
  expect(db.prepare(count).get()).toEqual({ events: 1, problems: 0 })
})

function databaseOf({ desk }: GraphqlWorld): string {
  return desk.engine.services().store.paths?.database ?? ''
}
