import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import {
  JIRA_ATTACHMENTS_PATH,
  JIRA_ISSUE_PATH,
  JIRA_TOKEN,
  JIRA_USER,
  startFakeJira,
  uploadOf,
} from '../../../tests/fakes/fake-jira.ts'
import type { FakeRemote, Step } from '../../../tests/fakes/fake-remote.ts'
import { GOLDEN_TICKET_ALERT, HOSTILE_ALERT } from '../../../tests/fakes/ticket-alerts.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { RunOutcome } from './action-port.ts'
import { alertField } from './alert-text.ts'

const ISSUE = { id: '10001', key: 'SEC-1' }
const FILE = `alert-${alertField(GOLDEN_TICKET_ALERT, 'id')}.json`

let jira: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  jira = await startFakeJira()
  kit = actionKit({ secrets: secretsOf({ JIRA_TOKEN }), clock: noWaits })
})
afterEach(async () => {
  await kit.close()
  await jira.close()
})

function argsOf(more: JsonObject): JsonObject {
  const token = kit.handles.make('JIRA_TOKEN')
  return { account_id: 'acc', user: JIRA_USER, secret_token: token, base_url: jira.url, ...more }
}

const issueArgs = (more: JsonObject = {}): JsonObject => argsOf({ project: 'SEC', issue_type: 'Task', ...more })
const commentArgs = (more: JsonObject = {}): JsonObject => argsOf({ issue_id: 'SEC-1', body: 'hello [~team]', ...more })
const fileArgs = (more: JsonObject = {}): JsonObject =>
  argsOf({ issue_id: 'SEC-1', file_name: 'f.txt', data: 'hello', ...more })

function create(more: JsonObject = {}, alert = GOLDEN_TICKET_ALERT): Promise<RunOutcome> {
  return kit.run('jira.create_issue', issueArgs(more), { alert })
}

const counts = (): [number, number] => [jira.count(JIRA_ISSUE_PATH), jira.count(JIRA_ATTACHMENTS_PATH)]

const answer = (status: number, headers: Record<string, string> = {}, body = '{"errorMessages":["x"]}'): Step => ({
  do: 'answer',
  status,
  headers,
  body,
})

describe('jira.create_issue', () => {
  it('makes the issue and attaches the raw event', async () => {
    expect(await create()).toMatchObject({ outcome: 'succeeded', result: ISSUE })
    expect(counts()).toEqual([1, 1])
    expect(uploadOf(jira.calls[1])).toEqual({
      name: FILE,
      type: 'application/octet-stream',
      content: '{\n  "k": "v"\n}\n',
    })
  })

  it('sends assignee and labels, and neither where they are empty', async () => {
    await create({ assignee: 'acc2', labels: ['a'] })
    const sent = (index: number): object => (JSON.parse(jira.calls[index]?.body ?? '') as { fields: object }).fields
    expect(sent(0)).toMatchObject({ assignee: { accountId: 'acc2' }, labels: ['a'] })
    await create({ assignee: '', labels: [] })
    expect(Object.keys(sent(2))).toEqual(['description', 'issuetype', 'project', 'reporter', 'summary'])
  })

  it('[S20] is taken by Jira whatever the alert holds', async () => {
    expect(await create({}, HOSTILE_ALERT)).toMatchObject({ outcome: 'succeeded', result: ISSUE })
    expect(await create({}, { ...HOSTILE_ALERT, title: 'x'.repeat(1000) })).toMatchObject({ outcome: 'succeeded' })
    expect(await create({}, { ...HOSTILE_ALERT, title: ' ' })).toMatchObject({ outcome: 'succeeded' })
  })

  it.each<[string, Step, string, number]>([
    ['400', answer(400), 'failed', 1],
    ['401', answer(401), 'failed', 1],
    ['403', answer(403), 'failed', 1],
    ['500', answer(500), 'failed', 1],
    ['429', answer(429), 'failed', 3],
    ['429 with a Retry-After beyond the time-out', answer(429, { 'retry-after': '3600' }), 'failed', 1],
    ['200', answer(200), 'unknown', 1],
    ['201 without JSON', answer(201, { 'content-type': 'text/html' }, '<html>'), 'unknown', 1],
    ['201 with broken JSON', answer(201, {}, '{"id"'), 'unknown', 1],
    ['half an answer', { do: 'half-body', status: 201, body: '{"id' }, 'unknown', 1],
    ['a broken connection', { do: 'reset', when: 'after-body' }, 'unknown', 1],
  ])('[S24] ends at %s, and never makes two issues', async (_what, step, outcome, sent) => {
    jira.on(JIRA_ISSUE_PATH, step)
    expect(await create()).toMatchObject({ outcome })
    expect(counts()).toEqual([sent, 0])
  })

  it('fails cleanly when nobody is there', async () => {
    expect(await create({ base_url: 'http://127.0.0.1:1' })).toMatchObject({
      outcome: 'failed',
      error: { code: 'net_unreachable' },
    })
  })

  it('names what Jira does not take', async () => {
    const outcome = await create({ project: 'NOPE' })
    expect(JSON.stringify(outcome)).toContain('valid project is required')
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
  })

  it.each<[string, Step, string, number]>([
    ['403', answer(403), 'http_status', 1],
    ['413', answer(413), 'http_status', 1],
    ['500', answer(500), 'http_status', 1],
    ['429', answer(429), 'http_status', 3],
    ['429 with a Retry-After beyond the time-out', answer(429, { 'retry-after': '3600' }), 'http_status', 1],
    ['an answer that is no JSON', answer(200, { 'content-type': 'application/json' }, '['), 'bad_answer', 1],
    ['half an answer', { do: 'half-body', body: '[{' }, 'net_reset', 1],
    ['a broken connection', { do: 'reset', when: 'after-body' }, 'net_reset', 1],
  ])('[S24] has made one issue, and says so, when the attachment ends at %s', async (_what, step, code, tries) => {
    jira.on(JIRA_ATTACHMENTS_PATH, step)
    const outcome = await create()
    const message = expect.stringContaining(`${FILE} may be missing: `) as string
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { ...ISSUE, attachment_error: { code, message } } })
    expect(counts()).toEqual([1, tries])
  })

  it('attaches after 429, to the same issue', async () => {
    jira.on(JIRA_ATTACHMENTS_PATH, answer(429, { 'retry-after': '0' }), { do: 'serve' })
    const outcome = await create()
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: ISSUE })
    expect(JSON.stringify(outcome)).not.toContain('attachment_error')
    expect(counts()).toEqual([1, 2])
  })

  it('[S24] has made one issue when it is stopped under way', async () => {
    jira.on(JIRA_ATTACHMENTS_PATH, { do: 'hold' })
    const stop = new AbortController()
    const running = kit.run('jira.create_issue', issueArgs(), { signal: stop.signal })
    await jira.reached(2)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'succeeded', result: { attachment_error: { code: 'stopped' } } })
  })

  it('says so when Jira does not name the issue', async () => {
    jira.on(JIRA_ISSUE_PATH, answer(201, {}, '{}'))
    expect(await create()).toMatchObject({ outcome: 'succeeded', result: { attachment_error: { code: 'bad_answer' } } })
  })

  it('[S10] shows neither token nor log-in in results, errors and the log', async () => {
    const login = Buffer.from(`${JIRA_USER}:${JIRA_TOKEN}`).toString('base64')
    const page = `${JIRA_TOKEN} ${login} ${'x'.repeat(2000)}`
    jira.on(JIRA_ISSUE_PATH, answer(400, {}, page), { do: 'serve' })
    jira.on(JIRA_ATTACHMENTS_PATH, answer(403, {}, page), answer(403, {}, `${JIRA_TOKEN} ${login}`))
    const outcomes = [await create(), await create(), await create()]
    expect(outcomes[1]).toMatchObject({
      result: { attachment_error: { message: `${FILE} may be missing: Jira answered 403 Forbidden` } },
    })
    const seen = JSON.stringify([outcomes, kit.logged])
    expect(seen.match(/\[REDACTED\]/g)?.length).toBeGreaterThan(3)
    expect(seen).not.toContain(JIRA_TOKEN)
    expect(seen).not.toContain(login.slice(-20))
  })

  it('[S25] goes nowhere that is not allowed, and not without encryption', async () => {
    await kit.close()
    kit = actionKit({ secrets: secretsOf({ JIRA_TOKEN }), allow: [] })
    expect(await create()).toMatchObject({ outcome: 'failed', error: { code: 'net_refused_address' } })
    expect(await create({ base_url: 'http://93.184.215.14' })).toMatchObject({ error: { code: 'net_plain_http' } })
  })

  it('shows before what it will send', async () => {
    const args = issueArgs({ assignee: 'acc2', labels: ['a', 'b'] })
    const host = new URL(jira.url).host
    expect(kit.actions.describe('jira.create_issue', args)).toMatchObject({
      effect: 'notify',
      title: 'Create a Task in SEC in Jira',
      target: `SEC (${host})`,
      isIdempotent: false,
      canProbe: false,
      undo: null,
      secretArgs: ['secret_token'],
    })
    const { rows } = await kit.actions.plan('jira.create_issue', args, {
      alert: GOLDEN_TICKET_ALERT,
      alertId: 'alert-1',
      chainId: 'c',
    })
    expect(Object.fromEntries(rows.map(({ key, value }) => [key, value]))).toEqual({
      Project: `SEC (${host})`,
      Type: 'Task',
      Summary: 'My Title',
      Reporter: 'acc',
      Assignee: 'acc2',
      Labels: 'a, b',
      Description: expect.stringContaining('| ip | {{192.0.2.1}} | ipaddr |') as string,
      File: `${FILE}, 15 bytes`,
    })
    expect(jira.calls).toEqual([])
  })

  it.each<[string, JsonObject]>([
    ['project', { project: 5 }],
    ['labels.0', { labels: ['with space'] }],
    ['base_url', { base_url: 'ftp://j.example' }],
    ['base_url', { base_url: 'https://u:p@j.example' }],
    ['base_url', { base_url: 'https://j.example/?x=1' }],
    ['user', { user: 'a:b' }],
    ['no argument priority', { priority: 'x' }],
  ])('refuses a wrong %s', (name, change) => {
    expect(() => kit.actions.describe('jira.create_issue', issueArgs(change))).toThrow(name)
  })

  it('names every argument that is missing', () => {
    const names = ['account_id', 'user', 'secret_token', 'base_url', 'project', 'issue_type']
    for (const name of names) {
      expect(() => kit.actions.describe('jira.create_issue', {})).toThrow(`${name} is required`)
    }
  })
})

describe('jira.add_comment', () => {
  it('sends the text as the policy wrote it', async () => {
    const outcome = await kit.run('jira.add_comment', commentArgs())
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { id: '5', body: 'hello [~team]' } })
  })

  it('[S24] fails for an issue that is not there, and is unknown without an answer', async () => {
    expect(await kit.run('jira.add_comment', commentArgs({ issue_id: 'SEC-2' }))).toMatchObject({
      outcome: 'failed',
      error: { code: 'http_status' },
    })
    jira.on(`${JIRA_ISSUE_PATH}/SEC-1/comment`, { do: 'reset', when: 'after-body' })
    expect(await kit.run('jira.add_comment', commentArgs())).toMatchObject({ outcome: 'unknown' })
  })

  it('declares itself', () => {
    expect(kit.actions.describe('jira.add_comment', commentArgs())).toMatchObject({
      effect: 'notify',
      title: 'Comment on SEC-1 in Jira',
      isIdempotent: false,
    })
    for (const issue of ['../x', 'a/b', '', '..']) {
      expect(() => kit.actions.describe('jira.add_comment', commentArgs({ issue_id: issue }))).toThrow('issue_id')
    }
  })
})

describe('jira.add_attachment', () => {
  it('uploads the text, whatever its name and content look like', async () => {
    const data = 'a\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\né😀'
    const name = 'f "1" é.txt'
    const outcome = await kit.run('jira.add_attachment', fileArgs({ data, file_name: name, base_url: `${jira.url}/` }))
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: [{ filename: name, size: Buffer.byteLength(data) }] })
    expect(uploadOf(jira.calls[0])).toMatchObject({ name, content: data })
  })

  it('[S24] fails when Jira refuses, is unknown without an answer', async () => {
    const path = `${JIRA_ISSUE_PATH}/SEC-1/attachments`
    jira.on(path, answer(413), { do: 'reset', when: 'after-body' })
    expect(await kit.run('jira.add_attachment', fileArgs())).toMatchObject({ outcome: 'failed' })
    expect(await kit.run('jira.add_attachment', fileArgs())).toMatchObject({ outcome: 'unknown' })
  })

  it('declares itself', () => {
    expect(kit.actions.describe('jira.add_attachment', fileArgs())).toMatchObject({
      effect: 'notify',
      title: 'Attach f.txt to SEC-1 in Jira',
      isIdempotent: false,
    })
    for (const name of ['', 'a/b', 'a\\b', 'a\r\nX: y']) {
      expect(() => kit.actions.describe('jira.add_attachment', fileArgs({ file_name: name }))).toThrow('file_name')
    }
  })
})
