import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openKeyFileCipher } from '../../electron/engine/secrets/key-file-cipher.ts'
import { Vault } from '../../electron/engine/secrets/vault.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import type { RunOutcome } from '../../electron/engine/actions/action-port.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import { actionKit, type ActionKit } from '../fakes/action-kit.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'

const CANARY = 'kanarie/42+"vogel"=&\u00fc'

/** Every written form in which the canary must not appear anywhere. */
const FORMS = [
  CANARY,
  JSON.stringify(CANARY).slice(1, -1),
  encodeURIComponent(CANARY),
  encodeURI(CANARY),
  new URLSearchParams({ q: CANARY }).toString().slice(2),
  Buffer.from(CANARY).toString('hex'),
  // Without the ends, which depend on what stands beside it.
  ...['', 'x', 'xy'].flatMap((before) =>
    (['base64', 'base64url'] as const).map((encoding) =>
      Buffer.from(before + CANARY)
        .toString(encoding)
        .slice(4, -4),
    ),
  ),
]

let folder: string
let vault: Vault
let remote: FakeRemote
let kit: ActionKit

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-canary-'))
  vault = new Vault({
    folder: join(folder, 'vault'),
    ciphers: [openKeyFileCipher(join(folder, 'vault', 'key'))],
    clock: systemClock,
  })
  await vault.set('CANARY', CANARY, [])
  await vault.set('BOUND', CANARY, ['api.example.com'])
  remote = await FakeRemote.start()
  kit = actionKit({ secrets: vault, dataDir: folder, handleKey: await vault.handleKey() })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
  rmSync(folder, { recursive: true, force: true })
})

function echo(status: number, type: string, body: (secret: string) => string): void {
  remote.on('/echo', { do: 'answer', status, headers: { 'content-type': type }, body: body(CANARY) })
}

async function send(more: JsonObject = {}): Promise<RunOutcome> {
  const args = { method: 'POST', url: `${remote.url}/echo`, auth: { bearer: kit.handles.make('CANARY') }, ...more }
  return kit.run('http.fetch', args)
}

function leaks(text: string): string[] {
  return FORMS.filter((form) => text.includes(form))
}

describe('a planted secret', () => {
  const echoes: [string, string, (secret: string) => string][] = [
    ['text', 'text/plain', (secret) => `you sent ${secret}`],
    ['JSON', 'application/json', (secret) => JSON.stringify({ [secret]: [secret, { deep: `x${secret}` }] })],
    ['JSON in JSON', 'application/json', (secret) => JSON.stringify({ body: JSON.stringify({ secret }) })],
    ['a URL', 'text/plain', (secret) => `/login?key=${encodeURIComponent(secret)}`],
    ['a form', 'text/plain', (secret) => new URLSearchParams({ key: secret }).toString()],
    ['hex', 'text/plain', (secret) => Buffer.from(secret).toString('hex')],
    ['basic auth', 'text/plain', (secret) => Buffer.from(`user:${secret}`).toString('base64')],
    ['base64url', 'text/plain', (secret) => Buffer.from(`x${secret}`).toString('base64url')],
    ['bytes', 'application/octet-stream', (secret) => `ab${secret}`],
  ]
  it.each(echoes)(
    '[S10] that the remote echoes as %s reaches neither result, error nor log',
    async (_form, type, body) => {
      for (const status of [200, 500]) {
        echo(status, type, body)
        const outcome = await send()
        expect(outcome.outcome).toBe(status === 200 ? 'succeeded' : 'failed')
        expect(JSON.stringify(outcome)).toContain('[REDACTED]')
        expect(leaks(JSON.stringify([outcome, kit.logged]))).toEqual([])
      }
      expect(remote.calls[0]?.headers.authorization).toBe(`Bearer ${CANARY}`)
    },
  )

  it('[S10] is not cut in two by the end of what an error shows', async () => {
    for (let before = 200; before < 700; before += 7) {
      echo(500, 'text/plain', (secret) => `${'.'.repeat(before)}${secret}`)
      const text = JSON.stringify(await send())
      expect(text).not.toContain('kanarie')
    }
    echo(200, 'application/json', (secret) => `{"a": ${secret}`)
    expect(await send()).toMatchObject({ outcome: 'unknown', error: { code: 'bad_answer' } })
    expect(JSON.stringify(await send())).not.toMatch(/kan/)
  })

  it('[S10] stays redacted in later answers to other actions', async () => {
    await send()
    echo(200, 'text/plain', (secret) => `log: ${secret}`)
    const outcome = await kit.run('http.fetch', { method: 'GET', url: `${remote.url}/echo` })
    expect(outcome).toEqual({ outcome: 'succeeded', result: 'log: [REDACTED]' })
  })

  it('[S10] is in no plan and no description, which show its name', async () => {
    const args = { method: 'POST', url: kit.handles.make('CANARY'), data: { key: kit.handles.make('CANARY') } }
    const shown = JSON.stringify([
      kit.actions.describe('http.fetch', args),
      (await kit.intent('http.fetch', args)).plan,
    ])
    expect(shown).toContain('‹CANARY›')
    expect(shown).not.toMatch(/secret:CANARY|kanarie/)
  })

  it('[S10] is nowhere in the data folder but sealed', async () => {
    echo(200, 'text/plain', (secret) => secret)
    await send()
    for (const file of filesBelow(folder)) expect(leaks(readFileSync(file, 'latin1'))).toEqual([])
    expect(filesBelow(folder).length).toBeGreaterThan(2)
  })

  it('[S10] that a policy writes out is redacted as well', async () => {
    echo(500, 'text/plain', () => 'bad key literal-secret-of-mine')
    const outcome = await send({ auth: { basic: { user: 'me', password: 'literal-secret-of-mine' } } })
    expect(JSON.stringify(outcome)).toContain('bad key [REDACTED]')
  })
})

describe('a handle', () => {
  it.each<[string, string, (handle: string) => JsonObject]>([
    ['method', 'http.fetch', (handle) => ({ method: handle, url: 'https://h.example/' })],
    [
      'the name of a header',
      'http.fetch',
      (handle) => ({ method: 'GET', url: 'https://h.example/', header: { [handle]: 'x' } }),
    ],
    [
      'an argument that there is not',
      'http.fetch',
      (handle) => ({ method: 'GET', url: 'https://h.example/', [handle]: 1 }),
    ],
    ['channel', 'slack.post', (handle) => ({ secret_url: 'https://h.example/', channel: handle })],
    ['body', 'slack.post', (handle) => ({ secret_url: 'https://h.example/', channel: 'x', body: `see ${handle}` })],
    ['prompt', 'chatgpt.query', (handle) => ({ secret_api_key: 'sk-00000000', prompt: `my key is ${handle}` })],
    ['path', 'file.quarantine', (handle) => ({ path: `/tmp/${handle}` })],
  ])('[S10] in %s is refused before anything runs', async (_place, uses, argsOf) => {
    const args = argsOf(kit.handles.make('CANARY'))
    expect(() => kit.actions.describe(uses, args)).toThrow(expect.objectContaining({ code: 'secret_not_allowed' }))
    await expect(kit.intent(uses, args)).rejects.toMatchObject({ code: 'secret_not_allowed' })
    const intent = { key: 'k', uses, args, plan: { rows: [], bound: null } }
    const outcome = await kit.actions.run(
      intent,
      { alert: {}, alertId: 'alert-1', chainId: 'c' },
      new AbortController().signal,
    )
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'secret_not_allowed' } })
  })

  it('[S10] that an event made up is sent as the text that it is', async () => {
    const forged = `secret:CANARY:${'0'.repeat(64)}`
    expect(await send({ data: forged, auth: { bearer: forged } })).toMatchObject({ outcome: 'succeeded' })
    expect(remote.calls[0]).toMatchObject({ body: forged, headers: { authorization: `Bearer ${forged}` } })
  })

  it('[S10] of a secret with hosts goes nowhere else', async () => {
    const outcome = await send({ auth: { bearer: kit.handles.make('BOUND') } })
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'secret_host_refused' } })
    expect(remote.calls).toEqual([])
  })

  it('[S10] of a secret that is gone or sealed elsewhere fails the action', async () => {
    const handle = kit.handles.make('CANARY')
    await vault.remove('CANARY')
    expect(await send({ auth: { bearer: handle } })).toMatchObject({
      outcome: 'failed',
      error: { code: 'secret_missing' },
    })
    rmSync(join(folder, 'vault', 'key'))
    const reopened = new Vault({
      folder: join(folder, 'vault'),
      ciphers: [openKeyFileCipher(join(folder, 'vault', 'key'))],
      clock: systemClock,
    })
    await expect(reopened.reveal('BOUND')).rejects.toMatchObject({ code: 'secret_not_readable' })
    expect(await reopened.list()).toMatchObject([{ name: 'BOUND', isReadable: false }])
  })
})

function filesBelow(path: string): string[] {
  return readdirSync(path).flatMap((name) => {
    const file = join(path, name)
    return statSync(file).isDirectory() ? filesBelow(file) : [file]
  })
}
