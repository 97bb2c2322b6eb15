import { createHook } from 'node:async_hooks'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProveReport } from '../../../shared/model/prove.ts'
import { FakeLog } from '../../../tests/fakes/ports.ts'
import { DiskCache } from '../files/disk-cache.ts'
import { DEFAULT_SETTINGS } from '../store/setting-store.ts'
import { proveMarkdown } from './markdown.ts'
import { hasViolation, prove, type ProveOptions } from './prove.ts'
import { SCENARIOS } from './scenarios/index.ts'

const CACHE = mkdtempSync(join(tmpdir(), 'tocsin-proof-cache-'))
let folder: string
let scratch: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-proved-'))
  scratch = mkdtempSync(join(tmpdir(), 'tocsin-scratch-'))
})
afterEach(() => {
  for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true })
})

/** A workspace with one alert policy, its sample event and this action policy. */
function workspace(action: string): string {
  const files = {
    'alert/door.rego': 'package alert.door\nalert contains {"title": "door", "source": "test"} if input.open',
    'alert/testdata/door/event.json': '{"open": true}',
    'action/main.rego': `package action\n${action}`,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

function run(policyDir: string, more: Partial<ProveOptions> = {}): Promise<ProveReport> {
  return prove({
    version: '0.0.0',
    policyDir,
    appDir: '/nowhere/app',
    action: null,
    settings: DEFAULT_SETTINGS,
    secretNames: [],
    env: {},
    cache: new DiskCache(CACHE),
    log: new FakeLog(),
    folder: scratch,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  })
}

const SUSPEND = `run contains {"id": "s", "uses": "okta.suspend_user", "args": {
  "base_url": "https://example.okta.com", "secret_token": input.env.OKTA_TOKEN, "user_id": "eve"}} if input.alert.schema == "door"`

describe('prove', () => {
  test('tries what the policies propose with their own arguments and secrets of stand-in values', async () => {
    const report = await run(workspace(SUSPEND), { action: 'okta.suspend_user', secretNames: ['OKTA_TOKEN'] })
    const [proven] = report.actions
    expect(report.actions).toHaveLength(1)
    expect(proven).toMatchObject({ origin: 'policy', proposedBy: 'alert/testdata/door/event.json', standIn: 'Okta' })
    expect(proven?.scenarios.map(({ id }) => id)).toEqual(SCENARIOS.map(({ id }) => id))
    expect(proven?.scenarios.filter(({ verdict }) => verdict === 'violation')).toEqual([])
    const lost = proven?.scenarios.find(({ id }) => id === 'answer_lost')
    expect(lost?.remote?.changes).toEqual(['suspend eve'])
    expect(lost?.desk.at(-1)).toBe('Succeeded')
    expect(hasViolation(report)).toBe(false)
  })

  test('says of an action without a stand-in that it was not tried, and counts it as no pass', async () => {
    const report = await run(workspace('run := set()'), { action: 'jira.create_issue' })
    const [proven] = report.actions
    expect(proven).toMatchObject({ uses: 'jira.create_issue', standIn: null })
    expect(new Set(proven?.scenarios.map(({ verdict }) => verdict))).toEqual(new Set(['not_applicable']))
    expect(report.counts).toEqual({ pass: 0, violation: 0, not_applicable: SCENARIOS.length })
  })

  test('says what keeps an action from being tried that another one of its round ends', async () => {
    const policy = `run contains {"id": "a", "uses": "no.such", "args": {}}\n${SUSPEND}`
    const report = await run(workspace(policy), { action: 'okta.suspend_user', secretNames: ['OKTA_TOKEN'] })
    expect(report.counts).toMatchObject({ pass: 0, violation: 0 })
    expect(report.actions[0]?.scenarios[0]?.why[0]).toMatch(/^It was not asked about: Not run: a /)
  })

  test('says which variables the policies read in vain', async () => {
    const report = await run(workspace(SUSPEND), { action: 'http.fetch' })
    expect(report.notes).toEqual([
      expect.stringMatching(/^action\/main\.rego:\d+: input\.env\.OKTA_TOKEN is not there/),
    ])
    const there = await run(workspace(SUSPEND), { action: 'http.fetch', secretNames: ['OKTA_TOKEN'] })
    expect(there.notes).toEqual([])
  })

  test('tries whatever is named, also what does not contain, and refuses a name that there is not', async () => {
    const report = await run(workspace('run := set()'), { action: 'http.fetch' })
    expect(report.actions.map(({ uses, origin }) => [uses, origin])).toEqual([['http.fetch', 'made_up']])
    expect(report.counts).toMatchObject({ violation: 0 })
    await expect(run(folder, { action: 'nothing.such' })).rejects.toMatchObject({ code: 'action_not_found' })
  })

  test('[S25] opens no socket and looks up no name', async () => {
    const seen: string[] = []
    const hook = createHook({ init: (_id, type) => void seen.push(type) }).enable()
    const report = await run(workspace(SUSPEND), { action: 'okta.suspend_user', secretNames: ['OKTA_TOKEN'] })
    hook.disable()
    expect(seen.filter((type) => /TCP|TLS|UDP|ADDRINFO|QUERY/.test(type))).toEqual([])
    expect(report.egress).toEqual([])
  })

  test('reads no value of a secret: variables that policies see as handles are replaced', async () => {
    const token = 'real-value-of-the-variable'
    const report = await run(workspace(SUSPEND), {
      action: 'okta.suspend_user',
      env: { TOCSIN_ENV: 'OKTA_TOKEN', OKTA_TOKEN: token },
    })
    expect(report.actions[0]?.origin).toBe('policy')
    expect(report.counts.violation).toBe(0)
    expect(JSON.stringify(report)).not.toContain(token)
  })

  test.each([
    ['file.restore', 8],
    ['process.stop', 10],
  ])('%s is tried on what it acts on: %i scenarios without a service', async (action, passed) => {
    const report = await run(workspace('run := set()'), { action })
    expect(report.actions[0]?.scenarios.filter(({ verdict }) => verdict === 'violation')).toEqual([])
    expect(report.counts.pass).toBe(passed)
  })

  test('tries several files as one act', async () => {
    const several = `run contains {"uses": "file.quarantine", "args": {"files": [{"path": "/a/x.exe"}, {"path": "/b/x.exe"}]}} if input.alert.schema == "door"`
    const report = await run(workspace(several), { action: 'file.quarantine' })
    expect(report.actions[0]).toMatchObject({ origin: 'policy' })
    expect(report.counts).toMatchObject({ violation: 0 })
    const killed = report.actions[0]?.scenarios.find(({ id }) => id === 'killed_after_intent')
    expect(killed?.remote?.changes).toEqual(['moved x.exe, x.exe'])
  })

  test('is cancelled between two actions', async () => {
    const cancel = new AbortController()
    const onProgress = (): void => cancel.abort()
    await expect(run(workspace(SUSPEND), { signal: cancel.signal, onProgress })).rejects.toMatchObject({
      code: 'cancelled',
    })
  })

  test('says as Markdown what was tried, what was not and why', async () => {
    const report = await run(workspace(SUSPEND), { action: 'file.quarantine', secretNames: ['OKTA_TOKEN'] })
    const text = proveMarkdown(report)
    expect(text).toContain('## file.quarantine')
    expect(text).toContain('Not applicable is no pass')
    expect(text).toContain('| No answer comes | not applicable: it calls no service')
    expect(text).toContain('| Approved twice, in two windows at once and once more | pass |')
  })
})
