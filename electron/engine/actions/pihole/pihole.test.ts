import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { DENY_PATH, PIHOLE_DOMAIN, startFakePihole, type FakePihole } from '../../../../tests/fakes/fake-pihole.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'

const BLOCK = 'pihole.block_domain'
const UNBLOCK = 'pihole.unblock_domain'
const PASSWORD = 'the-app-password'

let fake: FakePihole
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakePihole(PASSWORD)
  kit = actionKit({ secrets: secretsOf({ KEY: PASSWORD }), clock: noWaits })
  args = { base_url: `${fake.remote.url}/`, secret_password: kit.handles.make('KEY'), domain: PIHOLE_DOMAIN }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

function resultOf(outcome: RunOutcome): JsonObject {
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

async function undo(result: JsonObject): Promise<JsonObject> {
  const inverse = kit.actions.inverse(BLOCK, args, result)
  if (inverse === null) throw new Error('there is no inverse')
  return resultOf(await kit.run(inverse.uses, inverse.args, { key: 'undo' }))
}

describe('Pi-hole', () => {
  it('denies the name for the default group, with a comment, and takes the entry away again', async () => {
    const done = resultOf(await kit.run(BLOCK, { ...args, domain: 'EVIL.example.com.' }))
    expect(fake.entries()).toMatchObject([
      { domain: PIHOLE_DOMAIN, type: 'deny', kind: 'exact', groups: [0], enabled: true, comment: /Tocsin/ },
    ])
    await undo(done)
    expect(fake.entries()).toEqual([])
  })

  it.each([
    { enabled: false, groups: [0, 3], comment: 'too noisy' },
    { enabled: true, groups: [3], comment: null },
    { enabled: false, groups: [], comment: null },
  ])('puts the entry in force that is there as %j, and gives it back exactly', async (before) => {
    fake.put(before)
    const [old] = fake.entries()
    const done = resultOf(await kit.run(BLOCK, args))
    expect(done).toMatchObject({ changed: true, before: { status: 'denied, but not in force' } })
    const { comment, groups } = before
    expect(fake.entries()).toMatchObject([{ enabled: true, comment, groups: [0, ...groups.filter((id) => id !== 0)] }])
    await undo(done)
    expect(fake.entries()).toEqual([{ ...old, date_modified: expect.any(Number) as number }])
    expect(fake.changes()).toEqual(['replace', 'replace'])
  })

  it.each([
    ['graph.microsoft.com', 'target_barred'],
    ['oauth2.googleapis.com', 'target_barred'],
    ['ec2.eu-central-1.amazonaws.com', 'target_barred'],
    ['GitHub.lab.example.', 'target_barred'],
    ['lab.example', null],
    ['microsoft.com', null],
    ['api.github.com', null],
    ['evil.s3.amazonaws.com', null],
    ['amazonaws.com', null],
  ])('[S44] leaves alone by which the desk finds its services, and no other name: %s', async (domain, code) => {
    await kit.close()
    const urls = { GITHUB_API_URL: 'https://github.lab.example/api/v3' }
    kit = actionKit({ secrets: secretsOf({ KEY: PASSWORD }), clock: noWaits, urls })
    const planned = kit.intent(BLOCK, { ...args, domain })
    if (code === null) expect(await planned).toMatchObject({ uses: BLOCK })
    else await expect(planned).rejects.toMatchObject({ code, message: expect.stringContaining('a service') as string })
  })

  it('has no undo of an entry that was there and is not told whole', () => {
    const result = { id: PIHOLE_DOMAIN, changed: true, before: { status: 'denied, but not in force', enabled: false } }
    expect(kit.actions.inverse(BLOCK, args, result)).toBe(null)
  })

  it.each([
    ['exact', PIHOLE_DOMAIN],
    ['regex', String.raw`(\.|^)example\.com$`],
  ] as const)('blocks nothing that an allow entry (%s) lets through all the same', async (kind, domain) => {
    fake.put({ type: 'allow', kind, domain })
    const message = expect.stringContaining(`${kind} ${domain}`) as string
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'target_barred', message })
    fake.put({ type: 'allow', kind, domain, enabled: false })
    resultOf(await kit.run(BLOCK, args))
  })

  it('blocks nothing while Pi-hole’s blocking is off, and shows it as a difference later', async () => {
    fake.setBlocking('disabled')
    const message = expect.stringContaining('blocking is disabled') as string
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'target_barred', message })
    fake.setBlocking('enabled')
    const done = resultOf(await kit.run(BLOCK, args))
    fake.setBlocking('disabled')
    const { plan } = await kit.intent(UNBLOCK, args, 'undo')
    expect(changedSince(done, plan)).toEqual(['blocking: was left enabled, is disabled'])
  })

  it('tells an entry that somebody changed since from ours', async () => {
    const done = resultOf(await kit.run(BLOCK, args))
    fake.put({ comment: 'keep this' })
    const { plan } = await kit.intent(UNBLOCK, args, 'undo')
    expect(changedSince(done, plan)).toContainEqual(expect.stringMatching(/^comment: was left .*, is keep this$/))
  })

  it('shows an international name in ASCII and in its own letters, and asks for it in ASCII', async () => {
    const domain = 'BÜCHER.example'
    expect(kit.actions.describe(BLOCK, { ...args, domain })).toMatchObject({
      title: 'Block xn--bcher-kva.example (bücher.example) by Pi-hole',
      target: 'xn--bcher-kva.example',
    })
    resultOf(await kit.run(BLOCK, { ...args, domain }))
    expect(fake.entries()).toMatchObject([{ domain: 'xn--bcher-kva.example' }])
  })

  it('fails with what Pi-hole says of an entry that it did not take', async () => {
    const processed = { success: [], errors: [{ item: PIHOLE_DOMAIN, error: 'UNIQUE constraint failed' }] }
    fake.remote.on('POST /api/domains/deny/exact', {
      do: 'answer',
      status: 201,
      body: JSON.stringify({ domains: [], processed }),
    })
    const message = expect.stringContaining('UNIQUE constraint failed') as string
    expect(await kit.run(BLOCK, args)).toMatchObject({ outcome: 'failed', error: { code: 'service_refused', message } })
  })

  it('[S10] logs out of every session, also when the work fails or is stopped, and keeps it to itself', async () => {
    resultOf(await kit.run(BLOCK, args))
    fake.remote.on(`GET ${DENY_PATH}`, { do: 'answer', status: 500, body: `sid-of-log-in-1= ${PASSWORD}` })
    const failure = await kit.intent(BLOCK, args).catch((error: unknown) => error)
    fake.remote.on(`GET ${DENY_PATH}`, { do: 'serve' })
    const intent = await kit.intent(UNBLOCK, args, 'undo')
    const stop = new AbortController()
    fake.remote.on(`DELETE ${DENY_PATH}`, { do: 'hold' })
    const running = kit.actions.run(intent, subjectOf(GOLDEN_ALERT), stop.signal)
    // Log-in, three questions, log-out, log-in, and the change that hangs.
    await fake.remote.reached(fake.remote.calls.length + 7)
    stop.abort()
    const outcome = await running
    expect(outcome).toMatchObject({ outcome: 'unknown' })
    expect(fake.sessions()).toEqual({ open: 0, all: expect.any(Number) as number })
    expect(JSON.stringify([String(failure), outcome, kit.logged])).not.toMatch(/sid-of-log-in|the-app-password/)
  })

  it('asks one without a password for nothing', async () => {
    const session = { valid: true, totp: false, sid: null, validity: -1, message: 'no password set' }
    fake.remote.on('/api/auth', { do: 'answer', body: JSON.stringify({ session }) })
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'key_refused' })
    expect(fake.remote.calls.filter(({ method }) => method === 'DELETE')).toEqual([])
    expect(fake.remote.calls.at(-1)?.headers).not.toHaveProperty('x-ftl-sid')
  })

  it('takes nothing for absent where not all entries were told', async () => {
    const search = { domains: [], gravity: [], results: { domains: { exact: 0, regex: 1001 } } }
    fake.remote.on(`/api/search/${PIHOLE_DOMAIN}`, { do: 'answer', body: JSON.stringify({ search }) })
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'list_too_long' })
  })
})
