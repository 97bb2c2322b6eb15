import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  FakeMicrosoftLogin,
  MICROSOFT_CLIENT,
  MICROSOFT_LOGIN_PATH,
  MICROSOFT_TENANT,
} from '../../../../tests/fakes/fake-microsoft-login.ts'
import { FakeRemote } from '../../../../tests/fakes/fake-remote.ts'
import { HttpPort } from '../../http/http-port.ts'
import { systemClock } from '../../ports/system-ports.ts'
import type { ReadContext } from '../action-definition.ts'
import { MicrosoftApi, microsoftAccountArgs, type MicrosoftAccount } from './microsoft-api.ts'

const SECRET = 'the-secret-of-the-app'
const RESOURCE = 'https://api.example.com'
const account: MicrosoftAccount = {
  tenant_id: MICROSOFT_TENANT,
  client_id: MICROSOFT_CLIENT,
  secret_client_secret: SECRET,
}

let login: FakeMicrosoftLogin
let remote: FakeRemote
let http: HttpPort
let api: MicrosoftApi
let now: number
let kept: string[]
beforeEach(async () => {
  login = new FakeMicrosoftLogin(SECRET, RESOURCE)
  const service = (call: Parameters<FakeMicrosoftLogin['answer']>[0]) => {
    if (call.path.endsWith('/oauth2/v2.0/token')) return login.answer(call)
    return login.knows(call.headers['authorization']) ? { body: '{"ok":true}' } : { status: 401 }
  }
  remote = await FakeRemote.start({ service })
  now = 0
  kept = []
  const net = { 'net.allow': ['127.0.0.1'], 'net.proxy': '', 'net.caFile': '' }
  http = new HttpPort({ settings: () => net, env: {}, clock: systemClock })
  api = new MicrosoftApi({ http, serviceUrl: () => remote.url, clock: { ...systemClock, now: () => now } })
})
afterEach(async () => {
  await http.close()
  await remote.close()
})

const context = (): ReadContext => ({
  secrets: [{ name: 'KEY', hosts: [] }],
  signal: new AbortController().signal,
  remainingMs: () => 20_000,
  check: () => {},
  wait: () => Promise.resolve(),
  protect: (secret) => void kept.push(secret),
})

const ask = (who = account, resource = RESOURCE) =>
  api.call({ method: 'GET', url: `${remote.url}/thing` }, { account: who, resource }, context())
const logIns = (): number => remote.count(MICROSOFT_LOGIN_PATH)

describe('Microsoft’s log-in', () => {
  it('logs in once for many calls, and again when the token ends', async () => {
    expect((await ask()).status).toBe(200)
    now = 3_500_000
    expect((await ask()).status).toBe(200)
    expect(logIns()).toBe(1)
    now = 3_540_000
    expect((await ask()).status).toBe(200)
    expect(logIns()).toBe(2)
  })

  it('fetches a token anew, once, that is refused although it came from memory', async () => {
    await ask()
    login.revoke()
    expect((await ask()).status).toBe(200)
    expect(logIns()).toBe(2)
  })

  it('hands on a refusal of a fresh token', async () => {
    remote.on('/thing', { do: 'answer', status: 401 })
    expect((await ask()).status).toBe(401)
    expect(logIns()).toBe(1)
  })

  it('gives no app the token of another secret, app, tenant or API', async () => {
    await ask()
    await expect(ask({ ...account, secret_client_secret: 'other' })).rejects.toMatchObject({ code: 'key_refused' })
    await expect(ask({ ...account, client_id: MICROSOFT_TENANT })).rejects.toMatchObject({ code: 'http_status' })
    await expect(ask({ ...account, tenant_id: 'other.example' })).rejects.toMatchObject({ code: 'http_status' })
    await expect(ask(account, 'https://other.example')).rejects.toMatchObject({ code: 'http_status' })
    expect(remote.count('/thing')).toBe(1)
  })

  it('[S10] protects the token', async () => {
    await ask()
    expect(kept).toEqual([expect.stringContaining('token-of-the-fake')])
  })

  it('has done nothing when the log-in is lost', async () => {
    remote.on(MICROSOFT_LOGIN_PATH, { do: 'reset', when: 'after-body' })
    await expect(ask()).rejects.toMatchObject({ code: 'net_reset', hasLeft: false })
  })

  it('says what to look at when what answers is no log-in', async () => {
    remote.on(MICROSOFT_LOGIN_PATH, { do: 'answer', body: '{"token":"x"}' })
    await expect(ask()).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it.each([
    'common',
    'organizations',
    'consumers',
    '',
    '.',
    '..',
    'a/b',
    'example.com/x',
    'a..b',
    '-a.b',
    'exаmple.com',
    'a.b\n',
  ])('[S25] takes no tenant like %j', (tenant) => {
    expect(z.strictObject(microsoftAccountArgs).safeParse({ ...account, tenant_id: tenant }).success).toBe(false)
  })

  it.each([MICROSOFT_TENANT, 'example.onmicrosoft.com', 'Example.COM'])('takes the tenant %j', (tenant) => {
    expect(z.strictObject(microsoftAccountArgs).safeParse({ ...account, tenant_id: tenant }).success).toBe(true)
  })
})
