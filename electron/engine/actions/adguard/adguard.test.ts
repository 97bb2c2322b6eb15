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
  ADGUARD_DOMAIN,
  ADGUARD_RULES,
  ADGUARD_USER,
  CHECK_PATH,
  RULES_PATH,
  SET_RULES_PATH,
  startFakeAdguard,
  type FakeAdguard,
} from '../../../../tests/fakes/fake-adguard.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'
import { said } from '../../forms/said.ts'

const BLOCK = 'adguard.block_domain'
const UNBLOCK = 'adguard.unblock_domain'
const PASSWORD = 'the-password-of-desk'
const RULE = `||${ADGUARD_DOMAIN}^`

let fake: FakeAdguard
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeAdguard(PASSWORD)
  kit = actionKit({ secrets: secretsOf({ KEY: PASSWORD }), clock: noWaits })
  args = {
    base_url: `${fake.remote.url}/`,
    username: ADGUARD_USER,
    secret_password: kit.handles.make('KEY'),
    domain: ADGUARD_DOMAIN,
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

describe('AdGuard Home', () => {
  it('adds one rule behind all others, and takes that one out again', async () => {
    const done = resultOf(await kit.run(BLOCK, { ...args, domain: 'EVIL.example.com.' }))
    expect(fake.rules()).toEqual([...ADGUARD_RULES, RULE])
    fake.write([...fake.rules(), '||later.example.net^'])
    const undo = kit.actions.inverse(BLOCK, args, done)
    resultOf(await kit.run(undo?.uses ?? '', undo?.args ?? {}, { key: 'undo' }))
    expect(fake.rules()).toEqual([...ADGUARD_RULES, '||later.example.net^'])
  })

  it.each([
    ['microsoft.com', 'target_barred'],
    ['eu-central-1.amazonaws.com', 'target_barred'],
    ['amazonaws.com', 'target_barred'],
    ['lab.example', 'target_barred'],
    ['github.lab.example', 'target_barred'],
    ['evil.lab.example', null],
    ['api.github.com', null],
    ['evil.s3.amazonaws.com', null],
  ])('[S44] leaves alone what lies above a name by which the desk finds its services: %s', async (domain, code) => {
    await kit.close()
    const env = { GITHUB_API_URL: 'https://github.lab.example/api/v3' }
    kit = actionKit({ secrets: secretsOf({ KEY: PASSWORD }), clock: noWaits, env })
    const planned = kit.intent(BLOCK, { ...args, domain })
    if (code === null) expect(await planned).toMatchObject({ uses: BLOCK })
    else await expect(planned).rejects.toMatchObject({ code, message: expect.stringContaining('a service') as string })
  })

  it('writes a first rule where there is none', async () => {
    fake.write([])
    resultOf(await kit.run(BLOCK, args))
    expect(fake.rules()).toEqual([RULE])
  })

  it('loses no rule of those that are written at the same time', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'].map((label) => `${label}.example.com`)
    const outcomes = await Promise.all(names.map((domain) => kit.run(BLOCK, { ...args, domain }, { key: domain })))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(names.map(() => 'succeeded'))
    expect(fake.rules().toSorted()).toEqual([...ADGUARD_RULES, ...names.map((name) => `||${name}^`)].toSorted())
  })

  it('keeps what somebody else writes between plan and run', async () => {
    const intent = await kit.intent(BLOCK, args)
    fake.write([...ADGUARD_RULES, '||other.example.net^'])
    resultOf(await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal))
    expect(fake.rules()).toEqual([...ADGUARD_RULES, '||other.example.net^', RULE])
  })

  it('fails, with nothing blocked, where somebody writes over it without the rule', async () => {
    fake.afterWrite(() => fake.write(['||other.example.net^']))
    expect(await kit.run(BLOCK, args)).toMatchObject({ outcome: 'failed', error: { code: 'overwritten' } })
    expect(fake.rules()).toEqual(['||other.example.net^'])
  })

  it('writes nothing where somebody else has written the rule in the last moment', async () => {
    const intent = await kit.intent(BLOCK, args)
    const before = { do: 'answer', body: JSON.stringify({ enabled: true, user_rules: ADGUARD_RULES }) } as const
    fake.remote.on(`GET ${RULES_PATH}`, before, { do: 'serve' })
    fake.write([...ADGUARD_RULES, RULE])
    const check = { reason: 'NotFilteredNotFound', rules: [] }
    fake.remote.on(`GET ${CHECK_PATH}`, { do: 'answer', body: JSON.stringify(check) }, { do: 'serve' })
    expect(await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)).toMatchObject({
      outcome: 'failed',
      error: { code: 'target_changed' },
    })
    expect(fake.changes()).toEqual([])
  })

  it('is done when AdGuard Home blocks the name, not when the rule stands there', async () => {
    const intent = await kit.intent(BLOCK, args)
    fake.lag(1000)
    expect(await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)).toMatchObject({
      outcome: expect.not.stringMatching('succeeded') as string,
    })
    expect(fake.rules()).toContain(RULE)
  })

  it.each([
    ['an exception', 'NotFilteredWhiteList', '@@||example.com^'],
    ['a rewrite', 'Rewrite', null],
    ['a line of its hosts file', 'RewriteEtcHosts', null],
    ['a rule that rewrites', 'RewriteRule', `||${ADGUARD_DOMAIN}^$dnsrewrite=192.0.2.1`],
  ])('blocks nothing where %s goes first', async (_what, reason, text) => {
    const check = { reason, rules: text === null ? null : [{ text, filter_list_id: 1 }] }
    fake.remote.on(CHECK_PATH, { do: 'answer', body: JSON.stringify(check) })
    const message = expect.stringContaining(`${reason}: ${said([text ?? reason])}`) as string
    await expect(kit.intent(BLOCK, args)).rejects.toMatchObject({ code: 'target_barred', message })
  })

  it.each([
    ['filtering', () => fake.setFiltering(false)],
    ['protection', () => fake.setProtection(false)],
  ])('blocks nothing while %s is off, and shows it as a difference later', async (_what, turnOff) => {
    const done = resultOf(await kit.run(BLOCK, args))
    turnOff()
    const other = { ...args, domain: 'other.example.com' }
    await expect(kit.intent(BLOCK, other)).rejects.toMatchObject({ code: 'target_barred' })
    const { plan } = await kit.intent(UNBLOCK, args, 'undo')
    expect(changedSince(done, plan)).toEqual(['filtering: was left on, is off'])
  })

  it('is as it was left where another list has come to block the name as well', async () => {
    const done = resultOf(await kit.run(BLOCK, args))
    const check = { reason: 'FilteredBlackList', rules: [{ text: '||example.com^$important', filter_list_id: 7 }] }
    fake.remote.on(CHECK_PATH, { do: 'answer', body: JSON.stringify(check) })
    const { plan } = await kit.intent(UNBLOCK, args, 'undo')
    expect(changedSince(done, plan)).toEqual([])
  })

  it('takes neither an exception nor a rule for more for the name’s rule', async () => {
    fake.write(['||example.com^', `${RULE}$important`, '# ||evil.example.com^'])
    expect(resultOf(await kit.run(BLOCK, args))).toMatchObject({ changed: true, before: { status: 'not listed' } })
    fake.write([` ${RULE.toUpperCase()} `])
    expect(resultOf(await kit.run(BLOCK, args))).toMatchObject({ changed: false })
  })

  it('shows an international name in ASCII and in its own letters, and what it covers', async () => {
    const domain = 'BÜCHER.example'
    expect(kit.actions.describe(BLOCK, { ...args, domain })).toMatchObject({
      title: 'Block xn--bcher-kva.example (bücher.example) and all names below it by AdGuard Home',
      target: 'xn--bcher-kva.example',
    })
    resultOf(await kit.run(BLOCK, { ...args, domain }))
    expect(fake.rules().at(-1)).toBe('||xn--bcher-kva.example^')
  })

  it('[S10] keeps the log-in out of results, errors and the log', async () => {
    const logIn = Buffer.from(`${ADGUARD_USER}:${PASSWORD}`).toString('base64')
    const intent = await kit.intent(BLOCK, args)
    fake.remote.on(SET_RULES_PATH, { do: 'answer', status: 400, body: `${logIn} ${PASSWORD}` })
    const outcome = await kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify([outcome, intent, kit.logged])).not.toMatch(new RegExp(`${PASSWORD}|${logIn}`))
  })

  it.each(['', 'a:b', 'a\nb', 'a\u0000'])('[S25] takes no user like %j', (username) => {
    expect(() => kit.actions.describe(BLOCK, { ...args, username })).toThrow(
      expect.objectContaining({ code: 'invalid_args' }),
    )
  })
})
