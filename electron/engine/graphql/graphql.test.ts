import { isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { errorsOf, openGraphqlWorld, type GraphqlWorld } from '../../../tests/fakes/graphql-world.ts'
import { schema } from './schema.ts'

const EVERYTHING = `{
  workflows {
    id createdAt state error
    alert {
      id schema data createdAt title description source namespace
      initAttrs { id key value type persist ttl }
      lastAttrs { id key value type persist ttl }
      refs { title url }
    }
    actions {
      id seq uses state error result startedAt finishedAt
      args { key value }
      next { abort attrs { id key value type persist ttl } }
    }
  }
}`

const ALERTS = `package alert.full

alert contains {
	"title": "T",
	"description": "D",
	"source": "S",
	"namespace": object.get(input, "namespace", ""),
	"attrs": [{"id": "a1", "key": "host", "value": {"b": 1, "a": [true, null]}, "type": "host", "persist": true, "ttl": 60}],
	"refs": [{"title": "more", "url": "https://example.test/"}, {"url": "https://example.test/2"}],
}
`

/** What is asked of the remote, by the event's word. */
const actions = (url: string): string => `package action

fetch(path) := {"method": "GET", "url": sprintf("${url}/%s", [path]), "header": {"Authorization": input.env.API_KEY}}

run contains {
	"id": "look",
	"uses": "http.fetch",
	"args": fetch(input.alert.data.path),
	"commit": [{"id": "c1", "key": "answer", "path": "$.n", "type": "number", "ttl": 5}, {"key": "text", "value": "plain"}],
} if input.alert.data.path

run contains {
	"id": "literal",
	"uses": "nothing.like_it",
	"args": {"secret_token": "written-out-token", "nested": {"password": "also-written-out"}, "n": 5},
	"force": true,
} if input.alert.data.literal

run contains {"id": "end", "abort": true} if input.alert.data.end
`

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string
const ID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/) as string
const SECRET = 'very-secret-value'

let remote: FakeRemote
let world: GraphqlWorld
beforeAll(async () => {
  remote = await FakeRemote.start({
    service: ({ path }) => (path === '/broken' ? { status: 404, body: 'no' } : { body: '{"n": 7, "m": "x"}' }),
  })
  world = await openGraphqlWorld(
    { 'alert.rego': ALERTS, 'action.rego': actions(`http://127.0.0.1:${remote.port}`) },
    { env: { TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_ENV: 'API_KEY', API_KEY: SECRET } },
  )
})
afterAll(async () => {
  await world.close({ isTampered: true })
  await remote.close()
})

/** The newest workflow, by its fields. */
async function newest(fields: string): Promise<JsonObject> {
  const { workflows } = await world.data(`{ workflows(limit: 1) { ${fields} } }`)
  return (workflows as JsonObject[])[0]! // there is one: the test sent it
}

describe('a finished workflow', () => {
  it('has every field of every type', async () => {
    const [alertId] = await world.alert('full', '{ "path": "ok",\n "namespace": "ns", "big": 12345678901234567890 }')
    await world.idle()
    const host = { id: 'a1', key: 'host', value: '{"a":[true,null],"b":1}', type: 'host', persist: true, ttl: 60 }
    const answer = { id: 'c1', key: 'answer', value: '7', type: 'number', persist: false, ttl: 5 }
    const text = { id: ID, key: 'text', value: 'plain', type: null, persist: false, ttl: 0 }
    expect(await world.data(EVERYTHING)).toEqual({
      workflows: [
        {
          id: ID,
          createdAt: TIME,
          state: 'completed',
          error: null,
          alert: {
            id: alertId,
            schema: 'full',
            data: '{"path":"ok","namespace":"ns","big":12345678901234567890}',
            createdAt: TIME,
            title: 'T',
            description: 'D',
            source: 'S',
            namespace: 'ns',
            initAttrs: [host],
            lastAttrs: [host, answer, text],
            refs: [
              { title: 'more', url: 'https://example.test/' },
              { title: null, url: 'https://example.test/2' },
            ],
          },
          actions: [
            {
              id: 'look',
              seq: 0,
              uses: 'http.fetch',
              state: 'succeeded',
              error: null,
              result: '{"n":7,"m":"x"}',
              startedAt: TIME,
              finishedAt: TIME,
              args: expect.arrayContaining([
                { key: 'method', value: 'GET' },
                { key: 'header', value: '{"Authorization":"‹API_KEY›"}' },
              ]) as unknown,
              next: [{ abort: false, attrs: [answer, text] }],
            },
          ],
        },
      ],
    })
  })

  it('is what the query above asks for: no field of the schema is left out', () => {
    const asked = new Set<string>()
    const types = new TypeInfo(schema)
    const note = (): void => void asked.add(`${types.getParentType()?.name}.${types.getFieldDef()?.name}`)
    visit(parse(EVERYTHING), visitWithTypeInfo(types, { Field: { enter: note } }))
    const own = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    const fields = own.flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
    )
    expect(fields.filter((field) => !asked.has(field))).toEqual(['Query.Workflow'])
  })

  it('is found by its id', async () => {
    const { id } = await newest('id')
    const query = 'query One($id: String!) { Workflow(id: $id) { id alert { title } } }'
    expect(await world.data(query, { id })).toEqual({ Workflow: { id, alert: { title: 'T' } } })
  })

  it('says that the namespace is empty by null', async () => {
    await world.alert('full', '{}')
    await world.idle()
    expect(await newest('alert { namespace } actions { id }')).toEqual({ alert: { namespace: null }, actions: [] })
  })
})

describe('a workflow that is not finished', () => {
  it('has what is known so far, and null for what is not', async () => {
    remote.on('/held', { do: 'hold' })
    const before = remote.calls.length
    await world.alert('full', '{"path":"held"}')
    await remote.reached(before + 1)
    const fields =
      'state alert { initAttrs { key } lastAttrs { key } } actions { state startedAt finishedAt result next { abort } }'
    expect(await newest(fields)).toEqual({
      state: 'running',
      alert: { initAttrs: [{ key: 'host' }], lastAttrs: [] },
      actions: [{ state: 'running', startedAt: TIME, finishedAt: null, result: null, next: [] }],
    })
    remote.release()
    await world.idle()
    expect(await newest(fields)).toMatchObject({
      state: 'completed',
      alert: { lastAttrs: [{ key: 'host' }, { key: 'answer' }, { key: 'text' }] },
      actions: [{ state: 'succeeded', finishedAt: TIME }],
    })
  })
})

describe('a workflow that failed', () => {
  it('says so, of the action and of itself', async () => {
    await world.alert('full', '{"path":"broken"}')
    await world.idle()
    const found = await newest('state error alert { lastAttrs { key } } actions { id state error result finishedAt }')
    expect(found).toEqual({
      state: 'failed',
      error: expect.stringContaining('404') as string,
      alert: { lastAttrs: [{ key: 'host' }] },
      actions: [
        {
          id: 'look',
          state: 'failed',
          error: expect.stringContaining('404') as string,
          result: null,
          finishedAt: TIME,
        },
      ],
    })
  })

  it('has the action that ended it, and no secret that was written out', async () => {
    await world.alert('full', '{"literal":true,"end":true}')
    await world.idle()
    const found = await newest('state actions { id state args { key value } next { abort attrs { key } } }')
    expect(found).toMatchObject({ state: 'aborted' })
    expect(found['actions']).toContainEqual(
      expect.objectContaining({ id: 'end', args: [], next: [{ abort: true, attrs: [] }] }),
    )
    expect(found['actions']).toContainEqual(
      expect.objectContaining({
        id: 'literal',
        args: [
          { key: 'n', value: '5' },
          { key: 'nested', value: '{"password":"[REDACTED]"}' },
          { key: 'secret_token', value: '[REDACTED]' },
        ],
      }),
    )
  })
})

describe('pages', () => {
  const ids = async (page: string): Promise<string[]> => {
    const { workflows } = await world.data(`{ workflows${page} { id } }`)
    return (workflows as { id: string }[]).map(({ id }) => id)
  }

  it('begin with the newest, 20 at a time', async () => {
    for (let n = 0; n < 22; n += 1) await world.alert('full', '{}')
    await world.idle()
    const all = await ids('(limit: 100)')
    expect(all).toEqual(all.toSorted((a, b) => (a < b ? 1 : -1)))
    expect(await ids('')).toEqual(all.slice(0, 20))
    expect(await ids('(limit: null, offset: null)')).toEqual(all.slice(0, 20))
    expect(await ids('(offset: 3, limit: 2)')).toEqual(all.slice(3, 5))
    expect(await ids('(offset: 20)')).toEqual(all.slice(20))
    expect(await ids('(limit: 0)')).toEqual([])
    expect(await ids('(offset: 1000000)')).toEqual([])
  })

  it.each([
    ['offset: -1', 'offset must not be negative, it is -1'],
    ['limit: -5', 'limit must not be negative, it is -5'],
    ['limit: 1001', 'limit is at most 1000, it is 1001'],
    ['offset: 1000001', 'offset is at most 1000000, it is 1000001'],
  ])('are refused for %s', async (page, message) => {
    const answer = await world.ask(`{ workflows(${page}) { id } }`)
    expect(answer.status).toBe(200)
    expect(errorsOf(answer)).toMatchObject([{ message, path: ['workflows'], extensions: { code: 'page_invalid' } }])
    expect(answer.json).toMatchObject({ data: null })
  })
})

describe('what is no longer there', () => {
  it('is null for an event that was deleted by age', async () => {
    await world.alert('full', '{}')
    await world.idle()
    const { store } = world.desk.engine.services()
    await store.writer.commit('chain-round', ({ db }) => db.prepare('DELETE FROM event_body').run())
    expect(await newest('alert { data }')).toEqual({ alert: { data: 'null' } })
  })

  it('is an error for a workflow', async () => {
    const answer = await world.ask('{ Workflow(id: "\' OR 1=1 --") { id } }')
    expect(answer.json).toEqual({
      errors: [
        {
          message: 'there is no workflow with the id "\' OR 1=1 --"',
          locations: [{ line: 1, column: 3 }],
          path: ['Workflow'],
          extensions: { code: 'workflow_missing' },
        },
      ],
      data: null,
    })
  })
})

it('has the attributes and the abort of an exit rule', async () => {
  const run = `run contains {"id": "look", "uses": "http.fetch", "args": {"method": "GET", "url": "http://127.0.0.1:${remote.port}/ok"}}`
  const exit = 'exit contains {"abort": true, "attrs": [{"id": "x", "key": "seen", "value": input.action.result.m}]}'
  const older = await openGraphqlWorld(
    { 'alert.rego': ALERTS, 'action.rego': ['package action', run, exit].join('\n\n') },
    { env: { TOCSIN_NET_ALLOW: '127.0.0.1' } },
  )
  await older.alert('full', '{}')
  await older.idle()
  expect(await older.data('{ workflows { state actions { next { abort attrs { id key value } } } } }')).toEqual({
    workflows: [
      { state: 'aborted', actions: [{ next: [{ abort: true, attrs: [{ id: 'x', key: 'seen', value: 'x' }] }] }] },
    ],
  })
  await older.close()
})

it('is one workflow for each run of an alert', async () => {
  const [alertId] = await world.alert('full', '{"path":"broken"}')
  await world.idle()
  const { id } = await newest('id')
  await world.desk.ask('chains.rerun', {
    id: id as string, // WorkflowID
    what: 'everything',
    policy: 'same',
    isConfirmed: true,
  })
  await world.idle()
  const { workflows } = await world.data('{ workflows(limit: 2) { id state alert { id } } }')
  expect(workflows).toEqual([
    { id: ID, state: 'failed', alert: { id: alertId } },
    { id, state: 'failed', alert: { id: alertId } },
  ])
})

it('prints no value of a secret, wherever it came from', async () => {
  await world.alert('full', JSON.stringify({ path: `echo?${SECRET}`, note: [SECRET] }))
  await world.idle()
  const answer = await world.ask('{ workflows(limit: 1) { alert { data } actions { args { key value } } } }')
  expect(answer.body).toContain('‹API_KEY›')
  expect(answer.body).toContain('[REDACTED]')
  expect(answer.body).not.toContain(SECRET)
})
