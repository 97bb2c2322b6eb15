import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { FakeBigQuery } from '../../../tests/fakes/fake-bigquery.ts'
import { googleCredentials } from '../../../tests/fakes/fake-google.ts'
import { systemClock } from '../ports/system-ports.ts'
import type { RunOutcome } from './action-port.ts'

let google: FakeBigQuery
let folder: string
let kit: ActionKit
beforeEach(async () => {
  google = await FakeBigQuery.start()
  folder = mkdtempSync(join(tmpdir(), 'tocsin-google-'))
  kit = newKit({})
})
afterEach(async () => {
  await kit.close()
  await google.remote.close()
  rmSync(folder, { recursive: true })
})

type KitOptions = NonNullable<Parameters<typeof actionKit>[0]>

function newKit(more: KitOptions): ActionKit {
  return actionKit({ urls: { BIGQUERY_BASE_URL: google.remote.url }, ...more })
}

async function renewKit(more: KitOptions): Promise<void> {
  await kit.close()
  kit = newKit(more)
}

const TABLE = { project_id: 'my-project', dataset_id: 'security', table_id: 't' }

function insert(credentials?: string): Promise<RunOutcome> {
  const secret = credentials === undefined ? {} : { secret_credentials: credentials }
  return kit.run('bigquery.insert_alert', { ...TABLE, ...secret })
}

function keyFile(text: string): string {
  const path = join(folder, 'key.json')
  writeFileSync(path, text)
  return path
}

describe('Google credentials', () => {
  it('come from the file that the environment names', async () => {
    await renewKit({ env: { GOOGLE_APPLICATION_CREDENTIALS: keyFile(googleCredentials(google.remote.url)) } })
    expect(await insert()).toMatchObject({ outcome: 'succeeded' })
  })

  it('come from the argument before the file', async () => {
    await renewKit({ env: { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none') } })
    expect(await insert(googleCredentials(google.remote.url))).toMatchObject({ outcome: 'succeeded' })
  })

  it('are asked for when there are none', async () => {
    const outcome = await insert()
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'no_google_credentials' } })
    expect(JSON.stringify(outcome)).toMatch(/secret_credentials.*GOOGLE_APPLICATION_CREDENTIALS/)
    expect(google.remote.calls).toEqual([])
  })

  it('are missed by their file’s name', async () => {
    await renewKit({ env: { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') } })
    const outcome = await insert()
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'bad_google_credentials' } })
    expect(JSON.stringify(outcome)).toContain('none.json')
  })

  it.each<[string, (url: string) => string]>([
    ['no JSON', () => 'a file of something else'],
    ['those of a person', (url) => googleCredentials(url, { type: 'authorized_user' })],
    ['without a key', (url) => googleCredentials(url, { private_key: '' })],
    [
      'with a log-in at another host',
      (url) => googleCredentials(url, { token_uri: 'https://login.evil.example/token' }),
    ],
    [
      'with a log-in at a host that looks like it',
      (url) => googleCredentials(url, { token_uri: 'https://evilgoogle.com/' }),
    ],
    [
      'with a log-in that is not encrypted',
      (url) => googleCredentials(url, { token_uri: 'http://oauth2.googleapis.com/' }),
    ],
    ['with a log-in that is no address', (url) => googleCredentials(url, { token_uri: 'token' })],
  ])('are refused when they are %s', async (_what, make) => {
    const outcome = await insert(make(google.remote.url))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'bad_google_credentials' } })
    expect(google.remote.calls).toEqual([])
  })

  it('are refused when their key is none', async () => {
    const outcome = await insert(googleCredentials(google.remote.url, { private_key: '-----BEGIN PRIVATE KEY-----' }))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'bad_private_key' } })
  })

  it('[S10] may be bound to hosts, and go to no other', async () => {
    const credentials = googleCredentials(google.remote.url)
    await renewKit({ secrets: secretsOf({ KEY: credentials }, { KEY: ['*.googleapis.com'] }) })
    expect(await insert(kit.handles.make('KEY'))).toMatchObject({ error: { code: 'secret_host_refused' } })
    expect(google.remote.calls).toEqual([])
  })
})

describe('the log-in', () => {
  it('is refused in Google’s words', async () => {
    const outcome = await insert(googleCredentials(google.remote.url, { client_email: 'somebody@else.example' }))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify(outcome)).toContain('account not found')
  })

  it('fails on an answer without a token', async () => {
    google.remote.on('/token', { do: 'answer', body: '{"id_token":"x"}' })
    expect(await insert(googleCredentials(google.remote.url))).toMatchObject({ error: { code: 'bad_answer' } })
  })

  it('is made again when its token was revoked, once', async () => {
    const credentials = googleCredentials(google.remote.url)
    await insert(credentials)
    google.login.revoke()
    expect(await insert(credentials)).toMatchObject({ outcome: 'succeeded' })
    expect(google.remote.count('/token')).toBe(2)
  })

  it('is made again before its token ends, and for another account', async () => {
    let now = Date.now()
    await renewKit({ clock: { ...systemClock, now: () => now } })
    const credentials = googleCredentials(google.remote.url)
    await insert(credentials)
    now += 3_500_000
    await insert(credentials)
    expect(google.remote.count('/token')).toBe(1)
    now += 50_000
    await insert(credentials)
    expect(google.remote.count('/token')).toBe(2)
    await insert(googleCredentials(google.remote.url, { client_id: '2' }))
    expect(google.remote.count('/token')).toBe(3)
  })

  it('[S10] leaves neither key nor token in what comes back', async () => {
    google.login.revoke()
    google.remote.on('/token', {
      do: 'answer',
      body: '{"access_token":"ya29.a-token-that-is-refused","expires_in":60}',
    })
    const outcome = await insert(googleCredentials(google.remote.url))
    // The fake repeats the token in its refusal.
    expect(JSON.stringify(outcome)).toContain('invalid authentication credentials: Bearer [REDACTED]')
    expect(JSON.stringify([outcome, kit.logged])).not.toMatch(/ya29|PRIVATE KEY/)
  })
})
