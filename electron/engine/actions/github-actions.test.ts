import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import {
  GITHUB_APP_ID,
  GITHUB_INSTALL_ID,
  GITHUB_ISSUES_PATH,
  GITHUB_PKCS1,
  GITHUB_PKCS8,
  GITHUB_TOKEN_PATH,
  startFakeGithub,
  type FakeGithub,
} from '../../../tests/fakes/fake-github.ts'
import type { Step } from '../../../tests/fakes/fake-remote.ts'
import { GOLDEN_TICKET_ALERT, HOSTILE_ALERT } from '../../../tests/fakes/ticket-alerts.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { RunOutcome } from './action-port.ts'
import { alertField } from './alert-text.ts'

let github: FakeGithub
let kit: ActionKit

function kitFor(key: string): ActionKit {
  return actionKit({
    secrets: secretsOf({ GITHUB_KEY: key }),
    urls: { GITHUB_API_URL: `${github.remote.url}/` },
    clock: noWaits,
  })
}

beforeEach(async () => {
  github = await startFakeGithub()
  kit = kitFor(GITHUB_PKCS1)
})
afterEach(async () => {
  await kit.close()
  await github.remote.close()
})

function argsOf(more: JsonObject = {}): JsonObject {
  const key = kit.handles.make('GITHUB_KEY')
  return {
    app_id: GITHUB_APP_ID,
    install_id: GITHUB_INSTALL_ID,
    secret_private_key: key,
    owner: 'o',
    repo: 'r',
    ...more,
  }
}

function create(more: JsonObject = {}, alert = GOLDEN_TICKET_ALERT): Promise<RunOutcome> {
  return kit.run('github.create_issue', argsOf(more), { alert })
}

const counts = (): [number, number] => [github.remote.count(GITHUB_TOKEN_PATH), github.remote.count(GITHUB_ISSUES_PATH)]

const answer = (status: number, headers: Record<string, string> = {}, message = 'x'): Step => ({
  do: 'answer',
  status,
  headers,
  body: JSON.stringify({ message }),
})

describe('github.create_issue', () => {
  it('answers with the issue', async () => {
    expect(await create()).toMatchObject({ outcome: 'succeeded', result: { number: 666, title: 'My Title' } })
  })

  it('sends assignee and labels, and neither where they are empty', async () => {
    await create({ assignee: 'octocat', labels: ['a b', 'c'] })
    expect(JSON.parse(github.remote.calls[1]?.body ?? '')).toMatchObject({ assignee: 'octocat', labels: ['a b', 'c'] })
    await create({ assignee: '', labels: [] })
    expect(Object.keys(JSON.parse(github.remote.calls[2]?.body ?? '') as object)).toEqual(['title', 'body'])
  })

  it.each([
    ['one line', 'a\n b', 'a b'],
    ['what fits, with its end', `${'x'.repeat(300)}.exe`, `${'x'.repeat(153)}…${'x'.repeat(98)}.exe`],
    ['show what cannot be seen', 'invoice.pdf  \u202E.exe', 'invoice.pdf[2 spaces][U+202E].exe'],
    ['a name where it is empty', '', `Alert ${alertField(GOLDEN_TICKET_ALERT, 'id')}`],
  ])('makes the title %s', async (_what, title, expected) => {
    const sent = await create({}, { ...GOLDEN_TICKET_ALERT, title })
    expect(sent).toMatchObject({ outcome: 'succeeded', result: { title: expected } })
  })

  it('[S20] is taken by GitHub whatever the alert holds', async () => {
    expect(await create({}, HOSTILE_ALERT)).toMatchObject({ outcome: 'succeeded' })
  })

  it.each<[string, Step, Partial<RunOutcome> & object, number]>([
    [
      '404',
      answer(404, {}, 'Not Found'),
      {
        outcome: 'failed',
        error: { code: 'http_status', message: 'GitHub answered 404 Not Found: {"message":"Not Found"}' },
      },
      1,
    ],
    ['410', answer(410), { outcome: 'failed' }, 1],
    ['403', answer(403), { outcome: 'failed' }, 1],
    ['422', answer(422), { outcome: 'failed' }, 1],
    ['500', answer(500), { outcome: 'failed' }, 1],
    ['429', answer(429), { outcome: 'failed' }, 3],
    ['403 with Retry-After', answer(403, { 'retry-after': '0' }), { outcome: 'failed' }, 3],
    ['429 with a Retry-After beyond the time-out', answer(429, { 'retry-after': '3600' }), { outcome: 'failed' }, 1],
    [
      '200',
      answer(200),
      { outcome: 'unknown', error: { code: 'http_status', message: 'GitHub answered 200 OK: {"message":"x"}' } },
      1,
    ],
    ['201 without JSON', { do: 'answer', status: 201, body: 'made' }, { outcome: 'unknown' }, 1],
    ['201 with a list', { do: 'answer', status: 201, body: '[]' }, { outcome: 'unknown' }, 1],
    ['half an answer', { do: 'half-body', status: 201, body: '{"num' }, { outcome: 'unknown' }, 1],
    ['a broken connection', { do: 'reset', when: 'after-body' }, { outcome: 'unknown' }, 1],
  ])('[S24] ends at %s, and never makes two issues', async (_what, step, expected, sent) => {
    github.remote.on(GITHUB_ISSUES_PATH, step)
    expect(await create()).toMatchObject(expected)
    expect(counts()[1]).toBe(sent)
  })

  it.each<[string, Step]>([
    ['429', answer(429, { 'retry-after': '0' })],
    ['403 with Retry-After', answer(403, { 'retry-after': '1' })],
  ])('goes on after %s', async (_what, step) => {
    github.remote.on(GITHUB_ISSUES_PATH, step, { do: 'serve' })
    expect(await create()).toMatchObject({ outcome: 'succeeded' })
    expect(counts()).toEqual([1, 2])
  })

  it('follows the answer for a repository that has moved', async () => {
    github.remote.on('/repos/o/old/issues', { do: 'redirect', to: GITHUB_ISSUES_PATH, status: 307 })
    expect(await create({ repo: 'old' })).toMatchObject({ outcome: 'succeeded' })
  })

  it('[S24] is unknown when no answer comes before it is stopped', async () => {
    github.remote.on(GITHUB_ISSUES_PATH, { do: 'hold' })
    const stop = new AbortController()
    const running = kit.run('github.create_issue', argsOf(), { signal: stop.signal })
    await github.remote.reached(2)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'unknown', error: { code: 'stopped' } })
  })

  it('shows before what it will send', async () => {
    const args = argsOf({ labels: ['a', 'b'], assignee: 'octocat' })
    expect(kit.actions.describe('github.create_issue', args)).toMatchObject({
      effect: 'notify',
      title: 'Create an issue in o/r on GitHub',
      target: 'o/r',
      isIdempotent: false,
      canProbe: false,
      undo: null,
      secretArgs: ['secret_private_key'],
    })
    const { rows } = await kit.actions.plan('github.create_issue', args, {
      alert: GOLDEN_TICKET_ALERT,
      alertId: 'alert-1',
      chainId: 'c',
    })
    const { host } = new URL(github.remote.url)
    expect(Object.fromEntries(rows.map(({ key, value }) => [key, value]))).toMatchObject({
      Repository: `o/r (${host})`,
      Title: 'My Title',
      Assignee: 'octocat',
      Labels: 'a, b',
      Text: expect.stringContaining('| ip | `192.0.2.1` | ipaddr |') as string,
    })
    expect(github.remote.calls).toEqual([])
  })

  it('TestIssuerDryRun: takes valid arguments', async () => {
    expect(await kit.intent('github.create_issue', argsOf())).toMatchObject({ plan: { bound: null } })
  })

  describe('TestIssuerValidationFail', () => {
    it.each<[string, JsonObject]>([
      ['missing app_id', { app_id: null }],
      ['missing install_id', { install_id: null }],
      ['missing private_key', { secret_private_key: null }],
      ['missing owner', { owner: null }],
      ['missing repo', { repo: null }],
      ['app_id is not a number', { app_id: '123' }],
      ['install_id is not a number', { install_id: '123' }],
      ['app_id is no whole number', { app_id: 12.5 }],
      ['install_id is no whole number', { install_id: -1 }],
      ['private_key is not RSA format', { secret_private_key: 'xxx' }],
    ])('%s', async (_name, change) => {
      const args = Object.fromEntries(Object.entries({ ...argsOf(), ...change }).filter(([, value]) => value !== null))
      const run = async (): Promise<RunOutcome> => {
        kit.actions.describe('github.create_issue', args)
        return kit.run('github.create_issue', args)
      }
      const code = await run().then(
        (outcome) => ('error' in outcome ? outcome.error.code : ''),
        (error: { code: string }) => error.code,
      )
      expect(code).toBe(
        'secret_private_key' in change && change.secret_private_key === 'xxx' ? 'bad_private_key' : 'invalid_args',
      )
      expect(github.remote.calls).toEqual([])
    })
  })

  it.each<[string, JsonObject]>([
    ['owner', { owner: '../x' }],
    ['repo', { repo: '..' }],
    ['repo', { repo: 'a/b' }],
    ['labels', { labels: 'a' }],
    ['labels.0', { labels: [''] }],
    ['assignees', { assignees: [] }],
  ])('refuses a wrong %s', (name, change) => {
    expect(() => kit.actions.describe('github.create_issue', argsOf(change))).toThrow(name)
  })
})

describe('the log-in to GitHub', () => {
  it.each([
    ['PKCS#1', GITHUB_PKCS1],
    ['PKCS#8', GITHUB_PKCS8],
    ['written-out line ends', GITHUB_PKCS8.replaceAll('\n', String.raw`\n`)],
  ])('takes a key in %s', async (_form, key) => {
    await kit.close()
    kit = kitFor(key)
    expect(await create()).toMatchObject({ outcome: 'succeeded' })
  })

  it('is made once for many actions', async () => {
    await create()
    await kit.run('github.create_comment', argsOf({ issue_number: 1, body: 'x' }))
    await create()
    expect(counts()).toEqual([1, 2])
  })

  it('is made anew shortly before a token ends', async () => {
    await github.remote.close()
    github = await startFakeGithub({ tokenLifeMs: 59_000 })
    await kit.close()
    kit = kitFor(GITHUB_PKCS1)
    await create()
    expect(await create()).toMatchObject({ outcome: 'succeeded' })
    expect(counts()).toEqual([2, 2])
  })

  it('is made anew, once, when GitHub refuses a token that was kept', async () => {
    await create()
    github.revoke()
    expect(await create()).toMatchObject({ outcome: 'succeeded' })
    expect(counts()).toEqual([2, 3])
    github.remote.on(GITHUB_ISSUES_PATH, answer(401))
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(counts()).toEqual([3, 5])
  })

  it('lends no token to who has another key', async () => {
    await create()
    const other = argsOf({ secret_private_key: GITHUB_PKCS8.replace('PRIVATE', 'PUBLIC') })
    expect(await kit.run('github.create_issue', other)).toMatchObject({ error: { code: 'bad_private_key' } })
    expect(counts()[1]).toBe(1)
  })

  it.each<[string, Step, string, number]>([
    ['a refused App', answer(401, {}, 'Integration not found'), 'http_status', 1],
    ['an installation that is gone', answer(404), 'http_status', 1],
    ['no token in the answer', answer(201), 'bad_answer', 1],
    ['too many requests', answer(429), 'http_status', 3],
    ['a failure of GitHub', answer(502), 'http_status', 3],
    ['a broken connection', { do: 'reset', when: 'after-body' }, 'net_reset', 3],
    ['half an answer', { do: 'half-body', status: 201, body: '{"tok' }, 'net_reset', 3],
  ])('[S24] fails, and is never unknown, by %s', async (_what, step, code, tries) => {
    github.remote.on(GITHUB_TOKEN_PATH, step)
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code } })
    expect(counts()).toEqual([tries, 0])
  })

  it('[S10] shows neither key nor token in results, errors and the log', async () => {
    const echo = (call: { authorization?: string }): string => JSON.stringify({ message: `no: ${call.authorization}` })
    await create()
    const token = github.remote.calls[1]?.headers.authorization?.slice('token '.length) ?? ''
    const jwt = github.remote.calls[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
    github.remote.on(GITHUB_ISSUES_PATH, {
      do: 'answer',
      status: 422,
      body: echo({ authorization: `${token} ${jwt}` }),
    })
    const outcome = await create()
    expect(outcome).toMatchObject({ outcome: 'failed' })
    const seen = JSON.stringify([outcome, kit.logged])
    expect(seen).toContain('no: [REDACTED] [REDACTED]')
    for (const secret of [token, jwt, GITHUB_PKCS1.split('\n')[3] ?? '']) expect(seen).not.toContain(secret)
  })

  it('[S25] goes nowhere that is not allowed, and not without encryption', async () => {
    await kit.close()
    kit = actionKit({
      secrets: secretsOf({ GITHUB_KEY: GITHUB_PKCS1 }),
      urls: { GITHUB_API_URL: github.remote.url },
      allow: [],
    })
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code: 'net_refused_address' } })
    await kit.close()
    kit = actionKit({
      secrets: secretsOf({ GITHUB_KEY: GITHUB_PKCS1 }, { GITHUB_KEY: ['api.github.com'] }),
      urls: { GITHUB_API_URL: github.remote.url },
    })
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code: 'secret_host_refused' } })
    expect(github.remote.calls).toEqual([])
  })

  it('is where the environment says, before the setting', async () => {
    await kit.close()
    kit = actionKit({
      secrets: secretsOf({ GITHUB_KEY: GITHUB_PKCS1 }),
      urls: { GITHUB_API_URL: 'https://nowhere.invalid' },
      env: { GITHUB_API_URL: github.remote.url },
    })
    expect(await create()).toMatchObject({ outcome: 'succeeded' })
  })
})

describe('github.create_comment', () => {
  const comment = (more: JsonObject = {}, uses = 'github.create_comment'): Promise<RunOutcome> =>
    kit.run(uses, argsOf({ issue_number: 5, body: '**hi** @team', ...more }))

  it.each(['github.create_comment', 'github.add_comment'])('is sent by %s as the policy wrote it', async (uses) => {
    expect(await comment({}, uses)).toMatchObject({ outcome: 'succeeded', result: { body: '**hi** @team' } })
    expect(github.remote.calls[1]).toMatchObject({
      path: `${GITHUB_ISSUES_PATH}/5/comments`,
      body: '{"body":"**hi** @team"}',
    })
  })

  it('[S24] fails for an issue that is not there, and is unknown without an answer', async () => {
    expect(await comment({ issue_number: 6 })).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    github.remote.on(`${GITHUB_ISSUES_PATH}/5/comments`, { do: 'reset', when: 'after-body' })
    expect(await comment()).toMatchObject({ outcome: 'unknown' })
  })

  it('declares itself', () => {
    expect(kit.actions.describe('github.add_comment', argsOf({ issue_number: 5, body: 'x' }))).toMatchObject({
      uses: 'github.create_comment',
      effect: 'notify',
      title: 'Comment on o/r#5 on GitHub',
      target: 'o/r#5',
      isIdempotent: false,
    })
    expect(() => kit.actions.describe('github.create_comment', argsOf())).toThrow(
      'issue_number is required; body is required',
    )
    expect(() => kit.actions.describe('github.create_comment', argsOf({ issue_number: '5', body: '' }))).toThrow(
      'issue_number',
    )
  })
})
