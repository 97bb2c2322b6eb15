import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../../tests/fakes/action-kit.ts'
import { entraUser } from '../../../../tests/fakes/contained-identity.ts'
import { GRAPH_NAME, GRAPH_USER, startFakeGraph, type FakeGraph } from '../../../../tests/fakes/fake-graph.ts'
import { MICROSOFT_LOGIN_PATH } from '../../../../tests/fakes/fake-microsoft-login.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { entraArgs, GraphUsers } from './graph-users.ts'

const SECRET = 'the-secret-of-the-app'
const DISABLE = 'entra.disable_user'
const REVOKE = 'entra.revoke_sessions'

let fake: FakeGraph
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeGraph(SECRET)
  const { urls = {}, argsWith } = entraUser(fake.remote.url)
  kit = actionKit({ secrets: secretsOf({ KEY: SECRET }), clock: noWaits, urls })
  args = argsWith(kit.handles.make('KEY'))
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

describe('Microsoft Entra', () => {
  it('asks for the user by the name that was given, and acts on the id that it found', async () => {
    const { plan } = await kit.intent(DISABLE, args)
    expect(plan.rows).toEqual(
      expect.arrayContaining([
        { key: 'User', value: GRAPH_NAME },
        { key: 'Name', value: 'Jane Doe' },
        { key: 'Id', value: GRAPH_USER },
        { key: 'Type', value: 'Member' },
      ]),
    )
    expect(await kit.run(DISABLE, args)).toMatchObject({ outcome: 'succeeded' })
    expect(fake.remote.calls.filter(({ method }) => method === 'PATCH').map(({ path }) => path)).toEqual([
      `/v1.0/users/${GRAPH_USER}`,
    ])
    expect(fake.remote.count(MICROSOFT_LOGIN_PATH)).toBe(1)
  })

  it('takes a name in any case for the same target, and the type of a user for no name', async () => {
    const upper = { ...args, user_id: GRAPH_NAME.toUpperCase() }
    const [one, two] = [args, upper].map((given) => kit.actions.describe(DISABLE, given)?.targetKey)
    expect(one).toBe(two)
    const { plan } = await kit.intent(DISABLE, args)
    expect(plan.names).toEqual([GRAPH_NAME, GRAPH_USER, GRAPH_NAME, 'Jane Doe'])
  })

  it('takes no user whose id is none', async () => {
    fake.change({ id: '../groups/x' })
    await expect(kit.intent(DISABLE, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it.each([
    [DISABLE, { accountEnabled: undefined }],
    [DISABLE, { accountEnabled: null }],
    [REVOKE, { signInSessionsValidFromDateTime: undefined }],
    [REVOKE, { signInSessionsValidFromDateTime: null }],
  ])('takes for %s no absent value for one: %j', async (uses, properties) => {
    fake.change(properties)
    const message = expect.stringContaining('User.Read.All') as string
    await expect(kit.intent(uses, args)).rejects.toMatchObject({ code: 'bad_answer', message })
  })

  it('revokes no sessions of a guest, which are not this tenant’s', async () => {
    fake.change({ userType: 'Guest' })
    await expect(kit.intent(REVOKE, args)).rejects.toMatchObject({ code: 'target_barred' })
    expect(await kit.run(DISABLE, args)).toMatchObject({ outcome: 'succeeded' })
  })

  it('says that revoking takes minutes', () => {
    expect(kit.actions.describe(REVOKE, args)?.effectSentence).toContain('some minutes')
  })

  it.each([
    ['https://graph.microsoft.com', 'https://graph.microsoft.com'],
    ['https://graph.microsoft.us', 'https://graph.microsoft.us'],
    ['https://microsoftgraph.chinacloudapi.cn', 'https://microsoftgraph.chinacloudapi.cn'],
    ['https://gateway.example.com/graph', 'https://graph.microsoft.com'],
    ['https://graph.microsoft.com.evil.example', 'https://graph.microsoft.com'],
  ])('asks at %s with a token for %s', async (base, resource) => {
    const asked: string[] = []
    const call: ConstructorParameters<typeof GraphUsers>[0]['call'] = async (request, by) => {
      asked.push(request.url, by.resource)
      return { status: 404, statusText: '404', headers: {}, body: Buffer.alloc(0) }
    }
    const users = new GraphUsers({ call }, () => base)
    const context = { secrets: [], signal: new AbortController().signal, remainingMs: () => 1, check: () => {} }
    const property = { name: 'accountEnabled', schema: entraArgs.shape.user_id }
    const reading = users.read(entraArgs.parse({ ...args, user_id: GRAPH_USER }), property, {
      ...context,
      wait: () => Promise.resolve(),
      protect: () => {},
    })
    await expect(reading).rejects.toMatchObject({ code: 'target_missing' })
    expect(asked).toEqual([expect.stringContaining(`${base}/v1.0/users/${GRAPH_USER}?$select=`), resource])
  })
})
