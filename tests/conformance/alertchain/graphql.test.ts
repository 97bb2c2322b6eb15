import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeRemote } from '../../fakes/fake-remote.ts'
import { openGraphqlWorld, type GraphqlWorld } from '../../fakes/graphql-world.ts'

/*
 * AlertChain's own test of its GraphQL server (`behaviour/alertchain.md` §10.4), with a stub on loopback in the place of
 * the address on the Internet that it calls.
 */

const ALERT_POLICY = `package alert.test_service

alert contains {
	"title": "test alert",
	"description": "test description",
	"attrs": attrs,
}

attrs contains {"key": "test_attr", "value": "test_value"}
`

const actionPolicy = (url: string): string => `package action

run contains {
	"id": "test",
	"uses": "http.fetch",
	"args": {"method": "GET", "url": "${url}"},
	"commit": [{"key": "added_attr", "value": "swirls"}],
}
`

let remote: FakeRemote
let world: GraphqlWorld
let alertId: string

beforeAll(async () => {
  remote = await FakeRemote.start({ service: () => ({ body: '{"hello":"world"}' }) })
  const url = `http://127.0.0.1:${remote.port}/test`
  world = await openGraphqlWorld(
    { 'alert.rego': ALERT_POLICY, 'action.rego': actionPolicy(url) },
    { env: { TOCSIN_NET_ALLOW: '127.0.0.1' } },
  )
})
afterAll(async () => {
  await world.close()
  await remote.close()
})

describe('TestGraphQL', () => {
  it('TestGraphQL/receive', async () => {
    const ids = await world.alert('test_service', '{"foo":"bar"}')
    expect(ids).toHaveLength(1)
    alertId = ids[0]!
    await world.idle()
    expect(remote.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /test'])
  })

  it('TestGraphQL/query workflow', async () => {
    const data = await world.data('{ workflows(limit: 1) { id alert { id } } }')
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/) as string
    expect(data).toEqual({ workflows: [{ id, alert: { id: alertId } }] })
  })

  it('TestGraphQL/attrs', async () => {
    const query = '{ workflows(limit: 1) { alert { id initAttrs { key value } lastAttrs { key value } } } }'
    const initAttrs = [{ key: 'test_attr', value: 'test_value' }]
    const lastAttrs = [...initAttrs, { key: 'added_attr', value: 'swirls' }]
    expect(await world.data(query)).toEqual({ workflows: [{ alert: { id: alertId, initAttrs, lastAttrs } }] })
  })
})
