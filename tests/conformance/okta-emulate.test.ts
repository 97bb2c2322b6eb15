import { createEmulator, type Emulator } from 'emulate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RunOutcome } from '../../electron/engine/actions/action-port.ts'
import { changedSince } from '../../electron/engine/actions/prior-state.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../fakes/action-kit.ts'

const TOKEN = 'the-token-of-okta'
const ADMIN = 'admin@example.com'
const JANE = 'jane.doe@example.com'
const SUSPEND = 'okta.suspend_user'

const userSchema = z.object({ id: z.string(), status: z.string(), statusChanged: z.string() })

// Okta as somebody else wrote it down: npm's `emulate`, started here.
let okta: Emulator
let base: string
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  const person = { first_name: 'Jane', last_name: 'Doe' }
  // Of whose token a request has, emulate takes its first user.
  const users = [ADMIN, JANE, 'john.doe@example.com'].map((login) => ({ login, email: login, ...person }))
  const tokens = { [TOKEN]: { login: ADMIN, scopes: ['okta.users.manage'] } }
  okta = await createEmulator({ service: 'okta', port: 0, seed: { tokens, okta: { users } } })
  base = `http://127.0.0.1:${new URL(okta.url).port}`
  kit = actionKit({ secrets: secretsOf({ KEY: TOKEN }), clock: noWaits })
  args = { base_url: base, secret_token: kit.handles.make('KEY'), user_id: JANE }
})
afterEach(async () => {
  await kit.close()
  await okta.close()
})

/** What somebody else asks of it. */
async function ask(method: string, path: string): Promise<z.infer<typeof userSchema>> {
  const answer = await fetch(`${base}/api/v1/users/${path}`, { method, headers: { authorization: `SSWS ${TOKEN}` } })
  return userSchema.parse(await answer.json())
}

function resultOf(outcome: RunOutcome): JsonObject {
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

describe('Okta as npm’s emulate has it', () => {
  it('suspends one user and no other, and gives back exactly what was', async () => {
    const { id } = await ask('GET', JANE)
    const other = await ask('GET', 'john.doe@example.com')
    const result = resultOf(await kit.run(SUSPEND, args))
    expect(result).toMatchObject({ id, changed: true, before: { status: 'ACTIVE' }, after: { status: 'SUSPENDED' } })
    expect((await ask('GET', JANE)).status).toBe('SUSPENDED')
    const undo = kit.actions.inverse(SUSPEND, args, result)
    expect(undo).toEqual({ uses: 'okta.unsuspend_user', args: { ...args, user_id: id } })
    expect(changedSince(result, (await kit.intent(undo?.uses ?? '', undo?.args ?? {})).plan)).toEqual([])
    expect(resultOf(await kit.run('okta.unsuspend_user', undo?.args ?? {}))).toMatchObject({ changed: true })
    expect((await ask('GET', JANE)).status).toBe('ACTIVE')
    expect(await ask('GET', 'john.doe@example.com')).toEqual(other)
  })

  it('changes nothing where somebody else has suspended the user', async () => {
    const before = await ask('POST', `${JANE}/lifecycle/suspend`)
    expect(resultOf(await kit.run(SUSPEND, args))).toMatchObject({ changed: false })
    expect(await ask('GET', JANE)).toEqual(before)
  })

  it('tells what somebody else changed since', async () => {
    const result = resultOf(await kit.run(SUSPEND, args))
    await ask('POST', `${JANE}/lifecycle/unsuspend`)
    const undo = kit.actions.inverse(SUSPEND, args, result)
    const { plan } = await kit.intent(undo?.uses ?? '', undo?.args ?? {})
    expect(changedSince(result, plan)).toContain('status: was left SUSPENDED, is ACTIVE')
  })

  it('[S44] plans nothing for the user whose token it is', async () => {
    const own = kit.intent(SUSPEND, { ...args, user_id: ADMIN })
    await expect(own).rejects.toMatchObject({ code: 'target_barred' })
  })

  it('plans nothing for a user in another status, and none that is not there', async () => {
    await ask('POST', `${JANE}/lifecycle/deactivate`)
    await expect(kit.intent(SUSPEND, args)).rejects.toMatchObject({ code: 'target_barred' })
    await expect(kit.intent(SUSPEND, { ...args, user_id: 'nobody@example.com' })).rejects.toMatchObject({
      code: 'target_missing',
    })
  })

  it('has no sessions and no System Log: nothing is cleared that could not be confirmed', async () => {
    const message = expect.stringMatching(/System Log answered 404/) as string
    await expect(kit.intent('okta.clear_sessions', args)).rejects.toMatchObject({ code: 'http_status', message })
  })
})
