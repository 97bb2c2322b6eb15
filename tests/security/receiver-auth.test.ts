import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { DOOR_POLICY, post, send, startDesk, type TestDesk } from './receiver-kit.ts'

let desk: TestDesk
afterEach(() => desk.close())

const EVENT = '{"title":"open","who":"ann"}'

/** As the starter workspace has it. */
const OPEN_AUTHZ = 'package authz.http\n\ndefault deny := false\n'

async function createSource(name: string): Promise<{ id: string; token: string }> {
  return desk.store.writer.commit('source', (tx) => desk.store.sources.create(tx, name, 'analyst'))
}

async function status(headers: string[], target = '/alert/door'): Promise<number | undefined> {
  return (await post(desk.port, target, EVENT, headers))?.status
}

describe.each([
  ['without an authz policy', {}],
  ['under the starter authz policy', { 'authz/http.rego': OPEN_AUTHZ }],
])('tokens, %s', (_name, authz) => {
  async function start(): Promise<void> {
    desk = await startDesk({ policies: { 'alert/door.rego': DOOR_POLICY, ...authz } })
  }

  it('[S15] asks for none while no source has one', async () => {
    await start()
    expect(await status([])).toBe(200)
  })

  it('[S15] refuses garbage, a revoked token and none once a source has a token', async () => {
    await start()
    const { id, token } = await createSource('siem')
    const other = await createSource('old')
    await desk.store.writer.commit('source', (tx) => desk.store.sources.revoke(tx, other.id, 'analyst'))
    expect(await status([`Authorization: Bearer ${token}`])).toBe(200)
    expect(await status([`authorization: bearer ${token}`])).toBe(200)
    const refused: string[][] = [
      [],
      ['Authorization: Bearer garbage'],
      ['Authorization: Bearer'],
      ['Authorization: Bearer '],
      [`Authorization: Bearer ${other.token}`],
      [`Authorization: Bearer ${token}x`],
      [`Authorization: Bearer ${'A'.repeat(43)}`],
      [`Authorization: Bearer ${token}`, `Authorization: Bearer ${other.token}`],
      [`Cookie: token=${token}`],
      [`X-Token: ${token}`],
    ]
    const others: string[] = []
    for (const headers of refused) if ((await status(headers)) !== 401) others.push(headers.join())
    expect(others).toEqual([])
    expect(await status([], `/alert/door?token=${token}&access_token=${token}`)).toBe(401)
    const rows = desk.store.db.prepare('SELECT DISTINCT source_id FROM event').pluck().all()
    expect(rows).toEqual([id])
  })

  it('[S15] refuses a wrong token even where none is asked for', async () => {
    await start()
    expect(await status(['Authorization: Bearer garbage'])).toBe(401)
    expect(await status([`Authorization: Bearer ${'A'.repeat(43)}`])).toBe(401)
    expect(desk.rows('event')).toBe(0)
  })
})

it('[S15] keeps a hash only, and stores no credential with an event', async () => {
  desk = await startDesk()
  const { token } = await createSource('siem')
  await post(desk.port, `/alert/door?api_key=PLANTED-1&page=2&pwd=PLANTED-5&k=PLANTED-5&PLANTED-5`, EVENT, [
    `Authorization: Bearer ${token}`,
    'Cookie: PLANTED-2',
    'X-Api-Key: PLANTED-3',
    'X-Hub-Signature-256: PLANTED-4',
    ...['X-Webhook-Key', 'X-Pass', 'X-PSK', 'X-Sig', 'X-Anything', 'Referer', 'X-Host'].map(
      (name) => `${name}: PLANTED-5`,
    ),
    'X-Request-Id: kept',
  ])
  const everything = ['source', 'event', 'act', 'audit']
    .map((table) => JSON.stringify(desk.store.db.prepare(TABLES[table] ?? '').all()))
    .join()
  for (const secret of [token, 'PLANTED-1', 'PLANTED-2', 'PLANTED-3', 'PLANTED-4', 'PLANTED-5']) {
    expect(everything).not.toContain(secret)
  }
  expect(JSON.stringify(desk.log.lines)).not.toMatch(/PLANTED/)
  const event = desk.store.db.prepare('SELECT headers, query, credentials_hash FROM event').get() as Record<
    string,
    string
  >
  expect(JSON.parse(event['headers'] ?? '')).toMatchObject({ 'x-request-id': 'kept' })
  expect(JSON.parse(event['query'] ?? '')).toEqual({ page: '2' })
  expect(event['credentials_hash']).toMatch(/^[0-9a-f]{64}$/)
})

it('[S10] stores no header and no parameter with the value of a known secret, under whatever name', async () => {
  desk = await startDesk({ env: { SHARED: 'planted/of+authz' } })
  await post(desk.port, '/alert/door?team=planted%2Fof%2Bauthz&page=2', EVENT, [
    'User-Agent: planted/of+authz',
    `X-Correlation-Id: ${Buffer.from('planted/of+authz').toString('base64')}`,
    'X-Request-Id: kept',
  ])
  const event = desk.store.db.prepare('SELECT headers, query, credentials_hash FROM event').get() as Record<
    string,
    string
  >
  expect(event['headers']).not.toMatch(/user-agent|x-correlation-id/)
  expect(JSON.parse(event['headers'] ?? '')).toMatchObject({ 'x-request-id': 'kept' })
  expect(JSON.parse(event['query'] ?? '')).toEqual({ page: '2' })
  expect(event['credentials_hash']).toMatch(/^[0-9a-f]{64}$/)
})

const TABLES: Record<string, string> = {
  source: 'SELECT * FROM source',
  event: 'SELECT * FROM event',
  act: 'SELECT * FROM act',
  audit: 'SELECT * FROM audit',
}

it('[S15] slows down guessing and never the right token', async () => {
  desk = await startDesk()
  const { token } = await createSource('siem')
  const statuses: (number | undefined)[] = []
  for (let guess = 0; guess < 12; guess += 1) statuses.push(await status([`Authorization: Bearer guess-${guess}`]))
  expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
  const last = await post(desk.port, '/alert/door', EVENT, ['Authorization: Bearer again'])
  expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
  expect(await status([`Authorization: Bearer ${token}`])).toBe(200)
})

it('[S15] lets the desk send itself a sample by a token of its own', async () => {
  desk = await startDesk()
  await createSource('siem')
  expect(await status([`Authorization: Bearer ${desk.receiver.ownToken()}`])).toBe(200)
})

describe('tunnels', () => {
  const TUNNEL = 'Host: desk.example.net'

  it('[S12] admits a tunnel by its exact name, in whatever case, on /alert/ only', async () => {
    desk = await startDesk({ allowHosts: ['desk.example.net'] })
    const { token } = await createSource('cloud')
    const bearer = `Authorization: Bearer ${token}`
    expect(await status([TUNNEL, bearer])).toBe(200)
    expect(await status(['Host: desk.example.net.evil.test', bearer])).toBe(403)
    expect(await status(['Host: DESK.example.net', bearer])).toBe(200)
    const health = await send(desk.port, { method: 'GET', target: '/health', headers: [TUNNEL, bearer] })
    expect(health?.status).toBe(403)
  })

  it('[S12] asks a tunnel for a token even while no source has one, and a policy that merely does not deny is not enough', async () => {
    desk = await startDesk({
      allowHosts: ['desk.example.net'],
      policies: { 'alert/door.rego': DOOR_POLICY, 'authz/http.rego': OPEN_AUTHZ },
    })
    expect(await status([TUNNEL])).toBe(401)
    expect(await status([TUNNEL, 'Authorization: Bearer a.b.c'])).toBe(401)
    expect(desk.rows('event')).toBe(0)
    expect(await status([])).toBe(200)
  })

  it('[S12] takes an authz rule that allows in place of a token', async () => {
    desk = await startDesk({
      allowHosts: ['desk.example.net'],
      policies: {
        'alert/door.rego': DOOR_POLICY,
        'authz/http.rego':
          'package authz.http\n\ndefault allow := false\n\nallow if input.header["X-Shared"][0] == input.env.SHARED\n',
      },
      env: { SHARED: 'between-us-two' },
    })
    expect(await status([TUNNEL])).toBe(401)
    expect(await status([TUNNEL, 'X-Shared: wrong'])).toBe(401)
    expect(await status([TUNNEL, 'X-Shared: between-us-two'])).toBe(200)
  })
})

describe('authz', () => {
  it('decides before the route, for every path', async () => {
    desk = await startDesk({
      policies: {
        'authz/http.rego': `package authz.http

default deny := true

deny := false if input.path == "/health"
`,
      },
    })
    const get = async (target: string): Promise<number | undefined> =>
      (await send(desk.port, { method: 'GET', target }))?.status
    expect(await get('/health')).toBe(200)
    expect(await get('/%68ealth')).toBe(200)
    expect(await get('/not-found')).toBe(403)
    expect(await get('/admin')).toBe(403)
    const answer = await post(desk.port, '/alert/door', EVENT)
    expect(answer).toMatchObject({ status: 403, json: { code: 'denied' } })
    expect(desk.rows('event')).toBe(0)
  })

  it('checks a signed webhook body', async () => {
    desk = await startDesk({
      env: { CLOUDSTRIKE_HAWK_KEY: 'Caprice_of_the_Leaves' },
      policies: {
        'alert/cloudstrike_hawk.rego': 'package alert.cloudstrike_hawk\n\nalert contains {"title": "hawk"}\n',
        'authz/http.rego': `package authz.http

default deny := true

deny := false if {
	input.path == "/alert/raw/cloudstrike_hawk"
	stamp := input.header["X-Cs-Delivery-Timestamp"][0]
	signed := crypto.hmac.sha256(concat("", [input.body, stamp]), input.env.CLOUDSTRIKE_HAWK_KEY)
	crypto.hmac.equal(signed, hex.encode(base64.decode(input.header["X-Cs-Primary-Signature"][0])))
}
`,
      },
    })
    const body = '{"foo":"bar"}'
    const stamp = '2024-01-02T03:04:05Z'
    const signature = createHmac('sha256', 'Caprice_of_the_Leaves')
      .update(body + stamp)
      .digest('base64')
    const from = (changes: {
      body?: string
      stamp?: string
      signature?: string
      target?: string
    }): Promise<number | undefined> =>
      post(desk.port, changes.target ?? '/alert/raw/cloudstrike_hawk', changes.body ?? body, [
        `X-Cs-Primary-Signature: ${changes.signature ?? signature}`,
        `x-cs-delivery-timestamp: ${changes.stamp ?? stamp}`,
      ]).then((answer) => answer?.status)
    expect(await from({})).toBe(200)
    expect(await from({ stamp: 'invalid' })).toBe(403)
    expect(await from({ signature: 'invalid' })).toBe(403)
    expect(await from({ target: '/admin' })).toBe(403)
    expect(await from({ body: 'invalid' })).toBe(403)
  })

  it('sees what AlertChain shows it, and leaves no record of it', async () => {
    desk = await startDesk({
      env: { KEY: 'PLANTED-VALUE' },
      policies: {
        'authz/http.rego': `package authz.http

default deny := true

deny := false if {
	input.method == "POST"
	input.path == "/alert/door"
	input.query.a == ["1", "2"]
	input.header["X-Lower"] == ["x", "y"]
	not input.header.Host
	startswith(input.remote, "127.0.0.1:")
	input.body == "{\\"title\\":\\"open\\",\\"who\\":\\"ann\\"}"
	input.env.KEY == "PLANTED-VALUE"
}
`,
      },
    })
    expect(await status(['x-lower: x', 'X-LOWER: y'], '/alert/door?a=1&a=2')).toBe(200)
    expect(await status([], '/alert/door?a=1')).toBe(403)
    const decisions = desk.store.db.prepare('SELECT * FROM decision').all()
    expect(JSON.stringify(decisions)).not.toContain('PLANTED-VALUE')
    expect(desk.rows('decision')).toBe(0)
  })

  it.each([
    ['a conflict', 'deny := true if input.method\n\ndeny := false if input.path\n'],
    ['a wrong type', 'deny := "yes"\n'],
  ])('refuses when it fails: %s', async (_name, rules) => {
    desk = await startDesk({
      policies: { 'alert/door.rego': DOOR_POLICY, 'authz/http.rego': `package authz.http\n\n${rules}` },
    })
    const answer = await post(desk.port, '/alert/door', EVENT)
    expect(answer).toMatchObject({ status: 500, json: { code: 'authz_failed' } })
    expect((await send(desk.port, { method: 'GET', target: '/health' }))?.status).toBe(500)
    expect(desk.rows('event')).toBe(0)
  })

  it('lets nothing pass while no policy is live', async () => {
    desk = await startDesk({ policies: { 'alert/door.rego': 'package alert.door\n\nalert contains' } })
    const answer = await post(desk.port, '/alert/door', EVENT)
    expect(answer).toMatchObject({ status: 503, json: { code: 'policy_unavailable' } })
    expect(answer?.headers['retry-after']).toBeDefined()
    expect(desk.rows('event')).toBe(0)
  })
})
