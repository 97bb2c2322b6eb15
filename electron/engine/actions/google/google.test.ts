import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../../tests/fakes/action-kit.ts'
import { googleUser } from '../../../../tests/fakes/contained-identity.ts'
import {
  DIRECTORY_ADMIN,
  DIRECTORY_EMAIL,
  DIRECTORY_USER,
  startFakeDirectory,
  type FakeDirectory,
} from '../../../../tests/fakes/fake-directory.ts'
import { googleCredentials } from '../../../../tests/fakes/fake-google.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'

const SUSPEND = 'google.suspend_user'
const RESTORE = 'google.restore_user'
const USER_PATH = `/admin/directory/v1/users/${DIRECTORY_USER}`

let fake: FakeDirectory
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeDirectory()
  const { urls = {}, argsWith } = googleUser(fake.remote.url)
  kit = actionKit({ secrets: secretsOf({ KEY: googleCredentials(fake.remote.url) }), clock: noWaits, urls })
  args = argsWith(kit.handles.make('KEY'))
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

function refused(reason: string): { do: 'answer'; status: number; body: string } {
  return { do: 'answer', status: 403, body: JSON.stringify({ error: { errors: [{ reason }], code: 403 } }) }
}

describe('Google Workspace', () => {
  it('asks for the user by the address that was given, and acts on the id that it found', async () => {
    const { plan } = await kit.intent(SUSPEND, args)
    expect(plan.rows).toEqual(
      expect.arrayContaining([
        { key: 'User', value: DIRECTORY_EMAIL },
        { key: 'Name', value: 'Jane Doe' },
        { key: 'Id', value: DIRECTORY_USER },
        { key: 'Organizational unit', value: '/Staff' },
      ]),
    )
    expect(await kit.run(SUSPEND, args)).toMatchObject({ outcome: 'succeeded' })
    expect(fake.remote.calls.filter(({ method }) => method === 'PUT').map(({ path }) => path)).toEqual([USER_PATH])
  })

  it('takes an address in any case for the same target, and an organizational unit for no name', async () => {
    const upper = { ...args, user_email: DIRECTORY_EMAIL.toUpperCase() }
    const [one, two] = [args, upper].map((given) => kit.actions.describe(SUSPEND, given)?.targetKey)
    expect(one).toBe(two)
    expect((await kit.intent(SUSPEND, args)).plan.names).not.toContain('/Staff')
  })

  it.each([
    ['its address', { primaryEmail: 'SOAR@example.com' }],
    ['an alias', { aliases: ['duty@example.com', DIRECTORY_ADMIN] }],
    ['an address of its domain’s alias', { nonEditableAliases: [DIRECTORY_ADMIN] }],
  ])('[S44] leaves the administrator alone in whose name it acts, by %s', async (_what, fields) => {
    fake.change(fields)
    const barred = { code: 'target_barred', message: expect.stringContaining('in whose name') as string }
    await expect(kit.intent(SUSPEND, { ...args, user_email: DIRECTORY_USER })).rejects.toMatchObject(barred)
    expect(fake.changes()).toEqual([])
  })

  it('logs in once, in the name of the administrator, and with nothing but the right to change users', async () => {
    await kit.run(SUSPEND, args)
    const [login, ...others] = fake.remote.calls.filter(({ path }) => path === '/token')
    const claims = new URLSearchParams(login?.body).get('assertion')?.split('.')[1] ?? ''
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: DIRECTORY_ADMIN,
      scope: 'https://www.googleapis.com/auth/admin.directory.user',
    })
    expect(others).toEqual([])
  })

  it('uses no token of one administrator in another’s name', async () => {
    await kit.run(SUSPEND, args)
    await expect(kit.intent(SUSPEND, { ...args, admin_email: 'other@example.com' })).rejects.toMatchObject({
      code: 'http_status',
    })
  })

  it.each(['userRateLimitExceeded', 'quotaExceeded'])('sends again after a 403 that means %s', async (reason) => {
    const intent = await kit.intent(SUSPEND, args)
    fake.remote.on(`PUT ${USER_PATH}`, refused(reason), { do: 'serve' })
    expect(
      await kit.actions.run(intent, { alertId: 'a', alert: {}, chainId: 'c' }, new AbortController().signal),
    ).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(fake.changes()).toEqual(['suspend'])
  })

  it('does not take missing rights for too many requests', async () => {
    fake.remote.on(`PUT ${USER_PATH}`, refused('forbidden'))
    expect(await kit.run(SUSPEND, args)).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(fake.remote.count(`PUT ${USER_PATH}`)).toBe(1)
  })

  it('does not end what Google itself has suspended, and takes no credit for it', async () => {
    fake.set('abusive')
    const message = expect.stringContaining('ABUSIVE') as string
    await expect(kit.intent(RESTORE, args)).rejects.toMatchObject({ code: 'target_barred', message })
    expect(await kit.run(SUSPEND, args)).toMatchObject({ outcome: 'succeeded', result: { changed: false } })
    expect(fake.changes()).toEqual([])
  })

  it.each([{ suspended: undefined }, { id: '../groups' }, { primaryEmail: undefined }])(
    'takes no absent or odd value for one: %j',
    async (fields) => {
      fake.change(fields)
      await expect(kit.intent(SUSPEND, args)).rejects.toMatchObject({ code: 'bad_answer' })
    },
  )

  it.each(['', 'me', 'soar', 'soar@example', 'sоar@example.com', 'soar@example.com\n', 'soar@example.com/x'])(
    '[S25] acts in nobody’s name like %j',
    (admin_email) => {
      expect(() => kit.actions.describe(SUSPEND, { ...args, admin_email })).toThrow(
        expect.objectContaining({ code: 'invalid_args' }),
      )
    },
  )
})
