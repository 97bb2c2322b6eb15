import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../tests/fakes/action-kit.ts'
import { OKTA_LOGIN, OKTA_USER, startFakeOkta, type FakeOkta } from '../../../tests/fakes/fake-okta.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { changedSince } from './prior-state.ts'

const SUSPEND = 'okta.suspend_user'
const TOKEN = 'the-token-of-okta'

let fake: FakeOkta
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeOkta(TOKEN)
  kit = actionKit({ secrets: secretsOf({ KEY: TOKEN }), clock: noWaits })
  args = { base_url: `${fake.remote.url}/`, secret_token: kit.handles.make('KEY'), user_id: OKTA_LOGIN }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

describe('Okta', () => {
  it('tells a suspension of somebody else from ours, though the status is the same', async () => {
    const outcome = await kit.run(SUSPEND, args)
    if (outcome.outcome !== 'succeeded') throw new Error('not suspended')
    const undo = kit.actions.inverse(SUSPEND, args, outcome.result)
    const planned = () => kit.intent(undo?.uses ?? '', undo?.args ?? {}, 'undo')
    expect(changedSince(outcome.result, (await planned()).plan)).toEqual([])
    fake.set('ACTIVE')
    fake.set('SUSPENDED')
    expect(changedSince(outcome.result, (await planned()).plan)).toEqual([
      expect.stringMatching(/^status_changed: was left 2026-.*, is 2026-/) as string,
    ])
  })

  it('asks for the user by the name that was given, and acts on the id that it found', async () => {
    const { plan } = await kit.intent(SUSPEND, args)
    expect(plan.rows).toEqual(
      expect.arrayContaining([
        { key: 'User', value: OKTA_LOGIN },
        { key: 'Id', value: OKTA_USER },
      ]),
    )
    await kit.run(SUSPEND, args)
    expect(fake.remote.calls.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual([
      `/api/v1/users/${OKTA_USER}/lifecycle/suspend`,
    ])
  })

  it.each([SUSPEND, 'okta.clear_sessions'])('[S44] leaves the user alone whose token it is: %s', async (uses) => {
    const planned = await kit.intent(uses, args)
    fake.own()
    const barred = { code: 'target_barred', message: expect.stringContaining('whose token') as string }
    for (const user of [OKTA_LOGIN, OKTA_USER])
      await expect(kit.intent(uses, { ...args, user_id: user })).rejects.toMatchObject(barred)
    // Another token is in the secret by the time that it runs.
    const outcome = await kit.actions.run(planned, subjectOf(GOLDEN_ALERT), new AbortController().signal)
    expect(outcome).toMatchObject({ outcome: 'failed', error: barred })
    expect(fake.changes()).toEqual([])
  })

  it('plans nothing while Okta does not say whose token it is', async () => {
    fake.remote.on('/api/v1/users/me', { do: 'answer', status: 403, body: '{}' })
    await expect(kit.intent(SUSPEND, args)).rejects.toMatchObject({ code: 'key_refused' })
    fake.remote.on('/api/v1/users/me', { do: 'answer', body: '{}' })
    await expect(kit.intent(SUSPEND, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it('takes no user whose id is none', async () => {
    const user = { id: '../groups', status: 'ACTIVE', statusChanged: null, profile: { login: OKTA_LOGIN } }
    const path = `/api/v1/users/${encodeURIComponent(OKTA_LOGIN)}`
    fake.remote.on(path, { do: 'answer', body: JSON.stringify(user) })
    await expect(kit.intent(SUSPEND, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })
})
