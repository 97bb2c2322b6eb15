import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeLog } from '../../../../tests/fakes/ports.ts'
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

/** What gives back what was taken is not held off protected targets. */
const GIVES_BACK = ['protected_target', 'protected_meanwhile']
/** Its only argument is the token, and nobody but GitHub can change that. */
const HAS_NO_OTHER = ['target_changed', 'handle_elsewhere']

test.each([
  ['okta.clear_sessions', 'Okta’s sessions', []],
  ['entra.disable_user', 'Microsoft Entra', []],
  ['entra.enable_user', 'Microsoft Entra', GIVES_BACK],
  ['entra.revoke_sessions', 'Microsoft Entra', []],
  ['google.suspend_user', 'Google Workspace', []],
  ['google.restore_user', 'Google Workspace', GIVES_BACK],
  ['github.block_user', 'GitHub', []],
  ['github.unblock_user', 'GitHub', GIVES_BACK],
  ['github.revoke_token', 'GitHub’s tokens', HAS_NO_OTHER],
  ['aws.quarantine_instance', 'AWS', []],
  ['aws.release_instance', 'AWS', GIVES_BACK],
  ['aws.stop_instance', 'AWS', []],
  ['aws.start_instance', 'AWS', GIVES_BACK],
  ['aws.disable_access_key', 'AWS', []],
  ['aws.enable_access_key', 'AWS', GIVES_BACK],
  ['aws.deny_role_sessions', 'AWS', []],
  ['aws.allow_role_sessions', 'AWS', GIVES_BACK],
  ['aws.block_ip', 'AWS', []],
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
    cache: null,
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
