import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../../tests/fakes/action-kit.ts'
import {
  GITHUB_BLOCK_PATH,
  GITHUB_ORG,
  GITHUB_USER,
  startFakeGithubOrg,
  type FakeGithubOrg,
} from '../../../../tests/fakes/fake-github-org.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { changedSince } from '../prior-state.ts'

const BLOCK = 'github.block_user'
const UNBLOCK = 'github.unblock_user'
const TOKEN = 'the-token-of-the-owner'
const LIST_PATH = `/orgs/${GITHUB_ORG}/blocks`

let fake: FakeGithubOrg
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeGithubOrg(TOKEN)
  kit = actionKit({ secrets: secretsOf({ KEY: TOKEN }), clock: noWaits, urls: { GITHUB_API_URL: fake.remote.url } })
  args = { secret_token: kit.handles.make('KEY'), org: GITHUB_ORG, user_name: GITHUB_USER }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

describe('blocking on GitHub', () => {
  it('does not take a 404 for "not blocked" of a token that may not know', async () => {
    fake.remote.on(LIST_PATH, { do: 'answer', status: 404 })
    const message = expect.stringContaining(GITHUB_ORG) as string
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'target_missing', message })
    expect(fake.changes()).toEqual([])
  })

  it('takes a name in any case for the same target', async () => {
    const other = { ...args, user_name: GITHUB_USER.toUpperCase() }
    const [one, two] = [args, other].map((given) => kit.actions.describe(BLOCK, given)?.targetKey)
    expect(one).toBe(two)
    expect(await kit.run(BLOCK, other)).toMatchObject({ outcome: 'succeeded' })
  })

  it('does not take another user’s name for the one that was asked for', async () => {
    const body = JSON.stringify({ login: 'somebody-else', id: 7, type: 'User' })
    fake.remote.on(`/users/${GITHUB_USER}`, { do: 'answer', body })
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'bad_answer' })
  })

  it('shows on the undo that the name is another user’s by then', async () => {
    const outcome = await kit.run(BLOCK, args)
    if (outcome.outcome !== 'succeeded') throw new Error('not blocked')
    fake.rename()
    const plan = await kit.intent(UNBLOCK, args, 'undo')
    expect(changedSince(outcome.result, plan.plan)).toEqual(['user_id: was left 583231, is 583232'])
  })

  it('sends again after a 403 that means that no requests are left', async () => {
    const intent = await kit.intent(BLOCK, args)
    const reset = String(Math.floor(Date.now() / 1000) + 2)
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    fake.remote.on(`PUT ${GITHUB_BLOCK_PATH}`, { do: 'answer', status: 403, headers }, { do: 'serve' })
    const outcome = await kit.actions.run(
      intent,
      { alertId: 'a', alert: {}, chainId: 'c' },
      new AbortController().signal,
    )
    expect(outcome).toMatchObject({ outcome: 'succeeded' })
    expect(fake.changes()).toEqual(['block'])
  })

  it('says what GitHub refuses, such as a member who was not removed before', async () => {
    const body = JSON.stringify({ message: 'Members cannot be blocked' })
    fake.remote.on(`PUT ${GITHUB_BLOCK_PATH}`, { do: 'answer', status: 422, body })
    const message = expect.stringContaining('Members cannot be blocked') as string
    expect(await kit.run(BLOCK, args)).toMatchObject({ outcome: 'failed', error: { code: 'http_status', message } })
  })

  it.each(['', '.', '..', 'acme/x', 'acme corp', '-acme', 'acme\n', 'аcme', 'acme%2f'])(
    '[S25] takes no organization like %j',
    (org) => {
      expect(() => kit.actions.describe(BLOCK, { ...args, org })).toThrow(
        expect.objectContaining({ code: 'invalid_args' }),
      )
    },
  )
})
