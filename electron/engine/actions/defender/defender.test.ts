import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import {
  DEFENDER_MACHINE,
  MACHINE_ACTIONS_PATH,
  MACHINE_PATH,
  startFakeDefender,
  type FakeDefender,
} from '../../../../tests/fakes/fake-defender.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../../../../tests/fakes/fake-microsoft-login.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'
import { DefenderClient, type DefenderParts } from './defender-client.ts'

const ISOLATE = 'defender.isolate_machine'
const RELEASE = 'defender.release_machine'
const SECRET = 'the-secret-of-the-app'

let fake: FakeDefender
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeDefender(SECRET)
  const urls = { LOGIN_BASE_URL: fake.remote.url, DEFENDER_BASE_URL: `${fake.remote.url}/` }
  kit = actionKit({ secrets: secretsOf({ KEY: SECRET }), clock: noWaits, urls })
  args = {
    tenant_id: MICROSOFT_TENANT,
    client_id: MICROSOFT_CLIENT,
    secret_client_secret: kit.handles.make('KEY'),
    machine_id: DEFENDER_MACHINE,
  }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

function resultOf(outcome: RunOutcome): JsonObject {
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

const again = (intent: Awaited<ReturnType<ActionKit['intent']>>): Promise<RunOutcome> =>
  kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)

describe('Microsoft Defender', () => {
  it('isolates the machine fully, under a name that says who did, and takes an id in any spelling', async () => {
    const done = resultOf(await kit.run(ISOLATE, { ...args, machine_id: DEFENDER_MACHINE.toUpperCase() }))
    expect(done).toMatchObject({
      id: DEFENDER_MACHINE,
      changed: true,
      after: { status: 'isolated', isolation: 'Full' },
    })
    expect(fake.actions()).toMatchObject([{ type: 'Isolate', scope: 'Full', requestorComment: /Tocsin/ }])
    const { plan } = await kit.intent(ISOLATE, args)
    expect(plan.rows).toContainEqual({ key: 'Host', value: 'mymachine1.example.com' })
    expect(kit.actions.inverse(ISOLATE, { ...args, isolation: 'Full' }, done)).toEqual({ uses: RELEASE, args })
  })

  it('isolates selectively where asked, says so, and does not take one kind for the other', async () => {
    const selective = { ...args, isolation: 'Selective' }
    expect(kit.actions.describe(ISOLATE, selective)?.title).toMatch(/\(selectively\)$/)
    expect(resultOf(await kit.run(ISOLATE, selective))).toMatchObject({ after: { isolation: 'Selective' } })
    const message = expect.stringContaining('isolated already, as Selective and not Full') as string
    await expect(kit.intent(ISOLATE, args)).rejects.toMatchObject({ code: 'target_barred', message })
    expect(() => kit.actions.describe(ISOLATE, { ...args, isolation: 'UnManagedDevice' })).toThrow(/isolation/)
  })

  it.each([
    ['Failed', undefined],
    ['TimeOut', undefined],
    ['Cancelled', 'not this one'],
  ])('has failed, with its reason, when Defender ends the action as %s', async (status, comment) => {
    fake.end(status, comment)
    const message = expect.stringMatching(new RegExp(`${status}.*${comment ?? ''}`)) as string
    expect(await kit.run(ISOLATE, args)).toMatchObject({
      outcome: 'failed',
      error: { code: 'service_gave_up', message },
    })
  })

  it('neither succeeds nor fails while a machine that is off does not answer', async () => {
    fake.lag(1000)
    const outcome = await kit.run(ISOLATE, args)
    expect(outcome.outcome).not.toMatch(/succeeded|failed/)
    expect(JSON.stringify(outcome)).toContain('under_way Isolate')
    expect(fake.changes()).toEqual(['Isolate'])
  })

  it('can be taken back after a first release that failed', async () => {
    const done = resultOf(await kit.run(ISOLATE, args))
    fake.end('TimeOut')
    const first = await kit.intent(RELEASE, args, 'undo-1')
    expect(await again(first)).toMatchObject({ outcome: 'failed' })
    fake.end('Succeeded')
    const second = await kit.intent(RELEASE, args, 'undo-2')
    expect(changedSince(done, second.plan)).toEqual([])
    expect(resultOf(await again(second))).toMatchObject({ after: { status: 'not isolated' } })
  })

  it('tells an isolation of somebody else from ours, though the machine is isolated as before', async () => {
    const done = resultOf(await kit.run(ISOLATE, args))
    fake.add('Unisolate')
    fake.add('Isolate')
    const { plan } = await kit.intent(RELEASE, args, 'undo')
    expect(changedSince(done, plan)).toEqual([expect.stringMatching(/^since: was left /)])
  })

  it('believes Defender that another request is under way', async () => {
    const intent = await kit.intent(ISOLATE, args)
    const error = { code: 'ActiveRequestAlreadyExists', message: 'Action is already in progress', target: 't' }
    fake.remote.on(`${MACHINE_PATH}/isolate`, { do: 'answer', status: 400, body: JSON.stringify({ error }) })
    const message = expect.stringContaining('ActiveRequestAlreadyExists') as string
    expect(await again(intent)).toMatchObject({ outcome: 'failed', error: { code: 'service_refused', message } })
  })

  it('does not cross what somebody else has requested', async () => {
    fake.lag(1000)
    resultOf(await kit.run(RELEASE, args))
    fake.add('Isolate', { status: 'InProgress' })
    const message = expect.stringContaining('an Isolate of the machine under way') as string
    await expect(kit.intent(RELEASE, args)).rejects.toMatchObject({ code: 'target_barred', message })
    const { plan } = await kit.intent(ISOLATE, args)
    expect(plan.rows.at(-1)).toEqual({ key: 'Change', value: 'none: it is on its way already' })
  })

  it('reads page by page, and takes nothing for absent that it has not read to the end', async () => {
    for (let count = 0; count < 520; count += 1) fake.add('Unisolate', { creationDateTimeUtc: '2026-01-01T00:00:00Z' })
    fake.add('Isolate', { creationDateTimeUtc: '2026-01-03T00:00:00Z' })
    expect(resultOf(await kit.run(ISOLATE, args))).toMatchObject({ changed: false })
    for (let count = 0; count < 1600; count += 1) fake.add('Unisolate', { creationDateTimeUtc: '2026-01-01T00:00:00Z' })
    await expect(kit.intent(ISOLATE, args)).rejects.toMatchObject({ code: 'list_too_long' })
  })

  it('[S25] takes neither another machine nor another machine’s action for this one’s', async () => {
    const other = 'f'.repeat(40)
    fake.remote.on(MACHINE_PATH, { do: 'answer', body: JSON.stringify({ id: other, computerDnsName: 'other' }) })
    await expect(kit.intent(ISOLATE, args)).rejects.toMatchObject({ code: 'bad_answer' })
    fake.remote.on(MACHINE_PATH, { do: 'serve' })
    const action = { id: '1', type: 'Isolate', status: 'Succeeded', machineId: other, creationDateTimeUtc: '2026' }
    fake.remote.on(MACHINE_ACTIONS_PATH, { do: 'answer', body: JSON.stringify({ value: [action] }) })
    await expect(kit.intent(ISOLATE, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it.each([
    ['https://eu.api.security.microsoft.com', 'https://api.securitycenter.microsoft.com'],
    ['https://api-gov.securitycenter.microsoft.us', 'https://api-gov.securitycenter.microsoft.us'],
    ['https://api-gcc.securitycenter.microsoft.us', 'https://api-gcc.securitycenter.microsoft.us'],
    ['https://api-gov.securitycenter.microsoft.us.evil.example', 'https://api.securitycenter.microsoft.com'],
  ])('asks at %s with a token for %s', async (base, resource) => {
    const asked: string[] = []
    const call: DefenderParts['microsoft']['call'] = async (request, by) => {
      asked.push(request.url, by.resource)
      return { status: 404, statusText: '404', headers: {}, body: Buffer.alloc(0) }
    }
    const client = new DefenderClient({ microsoft: { call }, serviceUrl: () => base })
    const context = { secrets: [], signal: new AbortController().signal, remainingMs: () => 1, check: () => {} }
    const account = { tenant_id: MICROSOFT_TENANT, client_id: MICROSOFT_CLIENT, secret_client_secret: SECRET }
    const reading = client.read(
      { ...account, machine_id: DEFENDER_MACHINE },
      { ...context, wait: () => Promise.resolve(), protect: () => {} },
    )
    await expect(reading).rejects.toMatchObject({ code: 'target_missing' })
    expect(asked).toEqual([`${base}${MACHINE_PATH}`, resource])
  })

  it('[S10] fetches a token anew, once, and keeps it and the secret to itself', async () => {
    const intent = await kit.intent(ISOLATE, args)
    fake.revoke()
    const echo = `eyJ0.token-of-the-fake-2.x and ${SECRET}`
    fake.remote.on(`${MACHINE_PATH}/isolate`, { do: 'answer', status: 400, body: echo })
    const outcome = await again(intent)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toMatch(/token-of-the-fake|the-secret-of/)
  })
})
