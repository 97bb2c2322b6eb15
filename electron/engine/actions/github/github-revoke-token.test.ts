import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { GITHUB_LEAKED_TOKEN, startFakeGithubOrg, type FakeGithubOrg } from '../../../../tests/fakes/fake-github-org.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Intent, RunOutcome } from '../action-port.ts'

const REVOKE = 'github.revoke_token'
const PATH = '/credentials/revoke'
const SHA256 = createHash('sha256').update(GITHUB_LEAKED_TOKEN)
const HEX = SHA256.copy().digest('hex')
const NAME = `ghp_${HEX.slice(0, 12)}`

const subject = subjectOf(GOLDEN_ALERT)
const noStop = (): AbortSignal => new AbortController().signal

let fake: FakeGithubOrg
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeGithubOrg('another-token')
  kit = actionKit({
    secrets: secretsOf({ LEAKED: GITHUB_LEAKED_TOKEN, NONE: 'hunter2', REFRESH: `ghr_${'x'.repeat(36)}` }),
    clock: noWaits,
    urls: { GITHUB_API_URL: fake.remote.url },
  })
  args = { secret_leaked_token: kit.handles.make('LEAKED') }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

const run = (intent: Intent): Promise<RunOutcome> => kit.actions.run(intent, subject, noStop())

describe('github.revoke_token', () => {
  it('revokes by nobody’s request, and has succeeded when GitHub refuses the token', async () => {
    const outcome = await kit.run(REVOKE, args)
    expect(outcome).toMatchObject({
      outcome: 'succeeded',
      result: { id: NAME, changed: true, before: { valid: true }, after: { valid: false } },
    })
    const [call, ...others] = fake.remote.calls.filter(({ path }) => path === PATH)
    expect(others).toEqual([])
    expect(call?.headers).not.toHaveProperty('authorization')
    expect(JSON.parse(call?.body ?? '')).toEqual({ credentials: [GITHUB_LEAKED_TOKEN] })
  })

  it('cannot be taken back, and says so', async () => {
    const outcome = await kit.run(REVOKE, args)
    if (outcome.outcome !== 'succeeded') throw new Error('not revoked')
    expect(kit.actions.inverse(REVOKE, args, outcome.result)).toBe(null)
    expect(kit.actions.describe(REVOKE, args)).toMatchObject({ isIrreversible: true, undo: null })
  })

  it.each([
    ['a secret’s handle', () => args, 'LEAKED'],
    ['the token as the event has it', () => ({ secret_leaked_token: GITHUB_LEAKED_TOKEN }), NAME],
  ])('[S10] shows the token nowhere, named by %s', async (_what, argsOf, name) => {
    const given = argsOf()
    const facts = kit.actions.describe(REVOKE, given)
    expect(facts).toMatchObject({ title: `Revoke the GitHub token ${name}`, target: name })
    const { plan } = await kit.intent(REVOKE, given)
    expect(plan.rows).toEqual(
      expect.arrayContaining([
        { key: 'Token', value: NAME },
        { key: 'Its hashed_token in GitHub’s audit log', value: SHA256.copy().digest('base64') },
        { key: 'Owner', value: 'jane-doe' },
        { key: 'Body', value: JSON.stringify({ credentials: [name] }) },
      ]),
    )
    const outcome = await kit.run(REVOKE, given)
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { id: NAME } })
    const card = [facts?.title, facts?.target, facts?.targetKey, facts?.effectSentence, plan, outcome, kit.logged]
    expect(JSON.stringify(card)).not.toContain(GITHUB_LEAKED_TOKEN)
  })

  it('[S10] keeps the token out of what GitHub answers', async () => {
    const intent = await kit.intent(REVOKE, args)
    fake.remote.on(PATH, { do: 'answer', status: 422, body: `spam: ${GITHUB_LEAKED_TOKEN}` })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify([outcome, kit.logged])).not.toContain(GITHUB_LEAKED_TOKEN)
  })

  it('sends nothing where the token is refused already', async () => {
    const intent = await kit.intent(REVOKE, args)
    fake.revokeElsewhere()
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: false } })
    const late = await kit.intent(REVOKE, args)
    expect(late.plan.rows.at(-1)).toEqual({ key: 'Change', value: 'none: it is so already' })
    expect(fake.changes()).toEqual([])
  })

  it.each([
    ['what is no token', () => kit.handles.make('NONE')],
    ['a refresh token, of which nobody can say whether it is good', () => kit.handles.make('REFRESH')],
    ['a forged handle', () => `secret:LEAKED:${'0'.repeat(64)}`],
    ['a token with something behind it', () => `${GITHUB_LEAKED_TOKEN}\nX-Evil: 1`],
    ['a token with look-alike letters', () => `ghp_${'а'.repeat(36)}`],
  ])('[S25] sends to nobody %s', async (_what, token) => {
    await expect(kit.intent(REVOKE, { secret_leaked_token: token() })).rejects.toMatchObject({ code: 'invalid_args' })
    expect(fake.remote.calls).toEqual([])
  })

  it('waits where GitHub has had too many requests, and sends again', async () => {
    const intent = await kit.intent(REVOKE, args)
    const busy = { do: 'answer', status: 429, headers: { 'retry-after': '2' } } as const
    fake.remote.on(PATH, busy, { do: 'serve' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(fake.changes()).toEqual(['revoke'])
  })

  it('is refused with GitHub’s words', async () => {
    const intent = await kit.intent(REVOKE, args)
    fake.remote.on(PATH, { do: 'answer', status: 403 })
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
  })

  it('[S24] asks GitHub when no answer came, and never sends twice', async () => {
    const intent = await kit.intent(REVOKE, args)
    fake.remote.on(PATH, { do: 'serve-and-reset' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(fake.remote.count(PATH)).toBe(1)
  })

  it('[S24] is not confirmed by GitHub’s "accepted"', async () => {
    const intent = await kit.intent(REVOKE, args)
    fake.remote.on(PATH, { do: 'answer', status: 202, body: '{}' })
    expect((await run(intent)).outcome).not.toMatch(/succeeded|failed/)
    expect(fake.remote.count(PATH)).toBe(1)
  })

  it('takes no server’s error for a refusal of the token', async () => {
    fake.remote.on('/user', { do: 'answer', status: 503 })
    await expect(kit.intent(REVOKE, args)).rejects.toMatchObject({ code: 'http_status' })
    fake.remote.on('/user', { do: 'answer', status: 403 })
    await expect(kit.intent(REVOKE, args)).rejects.toMatchObject({ code: 'key_refused' })
  })

  it('is confirmed late', async () => {
    fake.lag(3)
    expect(await kit.run(REVOKE, args)).toMatchObject({ outcome: 'succeeded', result: { after: { valid: false } } })
  })

  it('[S24] tells after a crash whether it was done', async () => {
    const intent = await kit.intent(REVOKE, args)
    expect(await kit.actions.probe(intent, subject, noStop())).toEqual({ state: 'not_done' })
    await run(intent)
    expect(await kit.actions.probe(intent, subject, noStop())).toMatchObject({
      state: 'done',
      result: { id: NAME, changed: true },
    })
    expect(fake.changes()).toEqual(['revoke'])
  })
})
