import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { authzHttp } from '../../electron/engine/http/authz-http.ts'
import { HttpPort } from '../../electron/engine/http/http-port.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { post, send, startDesk, type TestDesk } from '../security/receiver-kit.ts'

/* The recipes of docs/POLICIES.md as they stand there, and AlertChain's tests of its server by their own names. */

const GUIDE = readFileSync(new URL('../../docs/POLICIES.md', import.meta.url), 'utf8')

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** The policy under a heading of the guide. */
function recipe(heading: string): string {
  const section = GUIDE.split(`### ${heading}\n`)[1] ?? ''
  const source = /```rego\n(.*?)```/s.exec(section)?.[1]
  expect(source, `the guide has no policy under "${heading}"`).toBeDefined()
  return source ?? ''
}

interface Parts {
  alert?: Record<string, string>
  env?: Record<string, string>
  allowHosts?: string[]
  /** Addresses that `http.send` may reach beside public ones. */
  netAllow?: string[]
}

async function deskWith(
  authz: string,
  { alert = {}, env = {}, allowHosts = [], netAllow = [] }: Parts = {},
): Promise<TestDesk> {
  const settings = { 'net.allow': netAllow, 'net.proxy': '', 'net.caFile': '' }
  const http = new HttpPort({ settings: () => settings, env: {}, clock: systemClock })
  const desk = await startDesk({
    policies: { 'authz/http.rego': authz, ...alert },
    env,
    allowHosts,
    answerHttpSend: authzHttp(http, systemClock),
  })
  closing.push(async () => {
    await desk.close()
    await http.close()
  })
  return desk
}

function rego(schema: string): Record<string, string> {
  return { [`alert/${schema}.rego`]: `package alert.${schema}\n\nalert contains {"title": "${schema}"}\n` }
}

it('TestAuthorize', async () => {
  const desk = await deskWith(`package authz.http

default deny := true

deny := false if allow

allow if input.path == "/health"
`)
  const get = async (target: string) => (await send(desk.port, { method: 'GET', target }))?.status
  expect(await get('/health')).toBe(200)
  expect(await get('/not-found')).toBe(403)
  expect(await get('/admin')).toBe(403)
})

describe('TestVerifySignedBody', () => {
  const BODY = '{"foo":"bar"}'
  const STAMP = '2024-03-09T12:34:56Z'
  const KEY = 'Caprice_of_the_Leaves'
  const PATH = '/alert/raw/cloudstrike_hawk'
  const SIGNATURE = createHmac('sha256', KEY)
    .update(BODY + STAMP)
    .digest('base64')

  const VALID = { path: PATH, body: BODY, stamp: STAMP, signature: SIGNATURE }
  it.each([
    ['valid', 200, VALID],
    ['timestamp "invalid"', 403, { ...VALID, stamp: 'invalid' }],
    ['signature "invalid"', 403, { ...VALID, signature: 'invalid' }],
    ['path /admin', 403, { ...VALID, path: '/admin' }],
    ['body `invalid`', 403, { ...VALID, body: 'invalid' }],
  ])('%s → %d', async (_name, status, { path, body, stamp, signature }) => {
    const desk = await deskWith(recipe('A signed webhook body'), {
      alert: rego('cloudstrike_hawk'),
      env: { CLOUDSTRIKE_HAWK_KEY: KEY },
      allowHosts: ['desk.example.net'],
    })
    const signed = [`X-Cs-Primary-Signature: ${signature}`, `X-Cs-Delivery-Timestamp: ${stamp}`]
    expect((await post(desk.port, path, body, signed))?.status).toBe(status)
    // Its `allow` opens a tunnel too.
    expect((await post(desk.port, path, body, [...signed, 'Host: desk.example.net']))?.status).toBe(status)
  })
})

describe('TestVerifyGoogleIDToken', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const CLAIMS = {
    iss: 'https://accounts.google.com',
    aud: 'https://alerts.example.org',
    email: 'pubsub-push@my-project.iam.gserviceaccount.com',
    email_verified: true,
    exp: Math.floor(Date.now() / 1000) + 3600,
  }
  const VALID = token(CLAIMS)

  function token(
    claims: object,
    key: KeyObject = privateKey,
    header: object = { alg: 'RS256', kid: 'one', typ: 'JWT' },
  ): string {
    const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${content}.${sign('RSA-SHA256', Buffer.from(content), key).toString('base64url')}`
  }

  async function start(netAllow = ['127.0.0.1']): Promise<{ desk: TestDesk; keys: FakeRemote }> {
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] }
    const keys = await FakeRemote.start({ service: () => ({ body: JSON.stringify(jwks) }) })
    closing.push(() => keys.close())
    const google = 'https://www.googleapis.com/oauth2/v3/certs'
    const policy = recipe('A Google ID token')
    expect(policy).toContain(google)
    const desk = await deskWith(policy.replace(google, `${keys.url}/certs`), {
      alert: rego('test'),
      allowHosts: ['desk.example.net'],
      netAllow,
    })
    return { desk, keys }
  }

  const bearer = (value: string): string[] => [`Authorization: Bearer ${value}`]
  async function statusOf(desk: TestDesk, headers: string[], path = '/alert/raw/test'): Promise<number | undefined> {
    return (await post(desk.port, path, '{}', headers))?.status
  }

  it('takes a valid token, also through a tunnel, and fetches the keys once', async () => {
    const { desk, keys } = await start()
    for (let count = 0; count < 3; count += 1) expect(await statusOf(desk, bearer(VALID))).toBe(200)
    expect(await statusOf(desk, [...bearer(VALID), 'Host: desk.example.net'])).toBe(200)
    expect(keys.calls.map(({ method, path }) => [method, path])).toEqual([['GET', '/certs']])
  })

  it('refuses an invalid token, none, and the path /admin', async () => {
    const { desk } = await start()
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const [header = '', , signature = ''] = VALID.split('.')
    const changed = Buffer.from(JSON.stringify({ ...CLAIMS, email: 'me@example.org' })).toString('base64url')
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    for (const invalid of [
      'invalid',
      `${VALID}x`,
      token(CLAIMS, stranger),
      `${header}.${changed}.${signature}`,
      `${unsigned}.${VALID.split('.')[1]}.`,
      token({ ...CLAIMS, exp: Math.floor(Date.now() / 1000) - 1 }),
      token({ ...CLAIMS, aud: 'https://other.example.org' }),
      token({ ...CLAIMS, iss: 'https://evil.test' }),
      token({ ...CLAIMS, email: 'me@example.org' }),
    ]) {
      expect([await statusOf(desk, bearer(invalid)), invalid]).toEqual([403, invalid])
    }
    expect(await statusOf(desk, [])).toBe(403)
    expect(await statusOf(desk, bearer(VALID), '/admin')).toBe(403)
    expect(desk.rows('event')).toBe(0)
  })

  it('refuses while the keys cannot be had, and asks again', async () => {
    const { desk, keys } = await start()
    keys.on('/certs', { do: 'answer', status: 503, body: 'later' }, { do: 'serve' })
    expect(await statusOf(desk, bearer(VALID))).toBe(403)
    expect(await statusOf(desk, bearer(VALID))).toBe(200)
    expect(keys.calls).toHaveLength(2)
  })

  it('cannot reach a private address that is not allowed', async () => {
    const { desk, keys } = await start([])
    expect(await statusOf(desk, bearer(VALID))).toBe(403)
    expect(keys.calls).toEqual([])
  })
})

describe('addresses', () => {
  it('compares the address without its port', async () => {
    const policy = recipe('Addresses')
    const statusWith = async (source: string) => {
      const desk = await deskWith(source, { alert: rego('test') })
      return (await post(desk.port, '/alert/test', '{}'))?.status
    }
    expect(await statusWith(policy)).toBe(200)
    expect(await statusWith(policy.replace('127.0.0.0/8', '10.0.0.0/8'))).toBe(403)
    // As AlertChain's guide has it: never true.
    expect(await statusWith(policy.replace('", address)', '", input.remote)'))).toBe(403)
  })
})

describe('the two routes', () => {
  const OPEN = 'package authz.http\n\ndefault deny := false\n'
  const NAME = 'organizations/000000123456/notificationConfigs/pubsub_notification'

  it('TestSCC', async () => {
    const desk = await deskWith(OPEN, { alert: rego('scc') })
    const finding = { category: 'Exfiltration: CloudSQL Over-Privileged Grant', database: { displayName: 'db' } }
    const answer = await post(desk.port, '/alert/raw/scc', JSON.stringify({ notificationConfigName: NAME, finding }))
    expect(answer).toMatchObject({
      status: 200,
      json: { alerts: [{ schema: 'scc', data: { notificationConfigName: NAME } }] },
    })
    expect(desk.rows('event')).toBe(1)
    expect(desk.alertIds).toHaveLength(1)
  })

  it('TestPubSub', async () => {
    const desk = await deskWith(OPEN, { alert: rego('scc') })
    const message = { data: Buffer.from('{"color":"blue"}').toString('base64'), messageId: '1' }
    const answer = await post(desk.port, '/alert/pubsub/scc', JSON.stringify({ message, subscription: 's' }))
    expect(answer).toMatchObject({ status: 200, json: { alerts: [{ schema: 'scc', data: { color: 'blue' } }] } })
    expect(desk.rows('event')).toBe(1)
    expect(desk.alertIds).toHaveLength(1)
  })
})
