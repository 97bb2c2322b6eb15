import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { FakeLog } from '../../../../tests/fakes/ports.ts'
import { DiskCache } from '../../files/disk-cache.ts'
import { DEFAULT_SETTINGS } from '../../store/setting-store.ts'
import { prove } from '../prove.ts'

let workspace: string
let scratch: string
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'tocsin-proved-'))
  scratch = mkdtempSync(join(tmpdir(), 'tocsin-scratch-'))
})
afterEach(() => {
  for (const folder of [workspace, scratch]) rmSync(folder, { recursive: true, force: true })
})

const CACHE = mkdtempSync(join(tmpdir(), 'tocsin-proof-cache-'))
afterAll(() => rmSync(CACHE, { recursive: true, force: true }))

/** What can be taken back is not typed; what cannot has no end. */
const ENDS = ['target_not_typed']
const IS_FOR_GOOD = ['time_is_up']
/** What gives back what was taken is not held off protected targets. */
const GIVES_BACK = ['protected_target', 'protected_meanwhile', 'target_not_typed', 'time_is_up']
/** Its only argument is the token, and nobody but GitHub can change that. */
const HAS_NO_OTHER = ['target_changed', 'time_is_up', 'handle_elsewhere']

test.each([
  ['okta.clear_sessions', 'Okta’s sessions', IS_FOR_GOOD],
  ['entra.disable_user', 'Microsoft Entra', ENDS],
  ['entra.enable_user', 'Microsoft Entra', GIVES_BACK],
  ['entra.revoke_sessions', 'Microsoft Entra', IS_FOR_GOOD],
  ['google.suspend_user', 'Google Workspace', ENDS],
  ['google.restore_user', 'Google Workspace', GIVES_BACK],
  ['github.block_user', 'GitHub', ENDS],
  ['github.unblock_user', 'GitHub', GIVES_BACK],
  ['github.revoke_token', 'GitHub’s tokens', HAS_NO_OTHER],
  ['aws.quarantine_instance', 'AWS', ENDS],
  ['aws.release_instance', 'AWS', GIVES_BACK],
  ['aws.stop_instance', 'AWS', ENDS],
  ['aws.start_instance', 'AWS', GIVES_BACK],
  ['aws.disable_access_key', 'AWS', ENDS],
  ['aws.enable_access_key', 'AWS', GIVES_BACK],
  ['aws.deny_role_sessions', 'AWS', ENDS],
  ['aws.allow_role_sessions', 'AWS', GIVES_BACK],
  ['aws.block_ip', 'AWS', ENDS],
  ['aws.unblock_ip', 'AWS', GIVES_BACK],
])('%s is tried in every scenario against %s', async (action, standIn, notApplicable) => {
  mkdirSync(join(workspace, 'action'))
  writeFileSync(join(workspace, 'action/main.rego'), 'package action\n\nrun := set()\n')
  const report = await prove({
    version: '0.0.0',
    policyDir: workspace,
    appDir: '/nowhere/app',
    action,
    settings: DEFAULT_SETTINGS,
    secretNames: [],
    env: {},
    cache: new DiskCache(CACHE),
    log: new FakeLog(),
    folder: scratch,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  const [proven] = report.actions
  expect(proven).toMatchObject({ uses: action, origin: 'made_up', standIn })
  const scenarios = proven?.scenarios ?? []
  expect(scenarios.filter(({ verdict }) => verdict === 'violation')).toEqual([])
  const untried = scenarios.filter(({ verdict }) => verdict === 'not_applicable')
  expect(untried.map(({ id }) => id)).toEqual(notApplicable)
  const lost = scenarios.find(({ id }) => id === 'answer_lost')
  expect([lost?.remote?.changes.length, lost?.desk.at(-1)]).toEqual([1, 'Succeeded'])
})
