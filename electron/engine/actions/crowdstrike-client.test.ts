import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../tests/fakes/action-kit.ts'
import {
  CROWDSTRIKE_CLIENT,
  CROWDSTRIKE_DEVICE,
  DEVICE_ACTIONS_PATH,
  startFakeCrowdstrike,
  type FakeCrowdstrike,
} from '../../../tests/fakes/fake-crowdstrike.ts'
import type { JsonObject } from '../../../shared/model/json.ts'

const CONTAIN = 'crowdstrike.contain_host'
const LIFT = 'crowdstrike.lift_containment'
const SECRET = 'the-secret-of-the-client'

let fake: FakeCrowdstrike
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeCrowdstrike(SECRET)
  const urls = { CROWDSTRIKE_BASE_URL: fake.remote.url }
  kit = actionKit({ secrets: secretsOf({ KEY: SECRET }), clock: noWaits, urls })
  args = {
    client_id: CROWDSTRIKE_CLIENT,
    secret_client_secret: kit.handles.make('KEY'),
    device_id: CROWDSTRIKE_DEVICE.toUpperCase(),
  }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

const logIns = (): number => fake.remote.count('/oauth2/token')

describe('CrowdStrike', () => {
  it('is found by CROWDSTRIKE_BASE_URL, logs in once, and takes an agent id in any spelling', async () => {
    expect(await kit.run(CONTAIN, args)).toMatchObject({ outcome: 'succeeded', result: { id: CROWDSTRIKE_DEVICE } })
    expect(logIns()).toBe(1)
    expect(kit.actions.describe(CONTAIN, args)?.target).toBe(CROWDSTRIKE_DEVICE)
  })

  it('fetches a token anew, once, that is refused although it came from memory', async () => {
    const intent = await kit.intent(CONTAIN, args)
    fake.revoke()
    expect(await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)).toMatchObject({
      outcome: 'succeeded',
    })
    expect([logIns(), fake.changes()]).toEqual([2, ['contain']])
  })

  it('[S10] keeps token and secret out of results, errors and the log', async () => {
    const intent = await kit.intent(CONTAIN, args)
    const echo = `bearer-of-generation-1 and ${SECRET}`
    fake.remote.on(DEVICE_ACTIONS_PATH, { do: 'answer', status: 400, body: echo })
    const outcome = await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toMatch(/bearer-of-generation-1|the-secret-of/)
  })

  it('waits for what somebody else has requested, sends nothing, and takes no credit', async () => {
    fake.set('containment_pending')
    const intent = await kit.intent(CONTAIN, args)
    expect(intent.plan.rows.at(-1)).toEqual({ key: 'Change', value: 'none: it is on its way already' })
    const run = kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
    await fake.remote.reached(fake.remote.calls.length + 2)
    fake.set('contained')
    expect(await run).toMatchObject({
      outcome: 'succeeded',
      result: { changed: false, after: { status: 'contained' } },
    })
    expect(fake.changes()).toEqual([])
  })

  it.each([
    [CONTAIN, 'lift_containment_pending'],
    [LIFT, 'containment_pending'],
  ])('does not let %s cross what is %s', async (uses, status) => {
    fake.set(status)
    const message = expect.stringContaining(status) as string
    await expect(kit.intent(uses, args)).rejects.toMatchObject({ code: 'target_barred', message })
  })

  it('believes a refusal that comes with a success', async () => {
    const errors = [{ code: 409, message: 'Device is offline' }]
    fake.remote.on(DEVICE_ACTIONS_PATH, { do: 'answer', status: 202, body: JSON.stringify({ resources: [], errors }) })
    const message = expect.stringContaining('Device is offline') as string
    expect(await kit.run(CONTAIN, args)).toMatchObject({
      outcome: 'failed',
      error: { code: 'service_refused', message },
    })
  })

  it('has done nothing when the log-in is lost', async () => {
    const intent = await kit.intent(CONTAIN, args)
    fake.revoke()
    fake.remote.on('/oauth2/token', { do: 'reset', when: 'after-body' })
    const outcome = await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'net_reset' } })
    expect(fake.changes()).toEqual([])
  })

  it('hands the base address on to the undo where one was given', () => {
    const result = { id: CROWDSTRIKE_DEVICE, changed: true, before: { status: 'normal' } }
    expect(kit.actions.inverse(CONTAIN, args, result)).toEqual({ uses: LIFT, args })
    const there = { ...args, base_url: 'https://api.eu-1.crowdstrike.com' }
    expect(kit.actions.inverse(CONTAIN, there, result)).toEqual({ uses: LIFT, args: there })
  })
})
