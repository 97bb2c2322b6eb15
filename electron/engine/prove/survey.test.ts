import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TEST_MACHINE } from '../../../tests/fakes/machine.ts'
import { FakeLog } from '../../../tests/fakes/ports.ts'
import { builtInActions } from '../actions/action-list.ts'
import { systemIds } from '../ports/system-ports.ts'
import { Handles } from '../secrets/handles.ts'
import { DEFAULT_SETTINGS } from '../store/setting-store.ts'
import { openPolicies, readSamples } from './load.ts'
import { ScratchSecrets } from './scratch-secrets.ts'
import { survey } from './survey.ts'

const POLICY = `package action
run contains {"uses": "okta.suspend_user", "args": {"base_url": "https://e.okta.com", "secret_token": "x", "user_id": input.alert.title}}
run contains {"uses": "crowdstrike.contain_host", "args": {"device_id": "none"}}
run contains {"uses": "lab.wipe", "args": {"host": "a"}}
run contains {"uses": "http.fetch", "args": {"method": "POST", "url": "https://e.com"}}`

const OWN = `name: lab.wipe
kind: script.run
effect: contain
title: Wipe {host}
target: "{host}"
does: Wipes it.
no_undo: It is gone.
args:
  host: { description: Name of the host }
script: { file: wipe.sh }
`

test('takes what the policies propose for sample events, says what of it cannot run, and leaves out no action that contains', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-survey-'))
  const log = new FakeLog()
  const files = {
    'alert/door.rego': 'package alert.door\nalert contains {"title": "eve", "source": "test"}',
    'alert/wrong.rego': 'package alert.wrong\nalert contains {"title": 1}',
    'alert/testdata/door/event.json': '{}',
    'alert/testdata/wrong/event.json': '{}',
    'action/main.rego': POLICY,
    'actions/own.yaml': OWN,
    'actions/wipe.sh': '#!/bin/sh\n',
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const policies = await openPolicies(folder, { cache: null, handles: new Handles(Buffer.alloc(32, 7)), log })
  try {
    const actions = builtInActions()
    const world = {
      policies,
      secrets: new ScratchSecrets([]),
      settings: DEFAULT_SETTINGS,
      env: {},
      machine: TEST_MACHINE,
      policyDir: folder,
      appDir: '/nowhere/app',
      folder,
      actions,
      declared: policies.declared,
      ids: systemIds,
      log,
    }
    const { subjects, notes } = await survey(world, await readSamples(folder), null)
    const contain = actions.filter(({ declared }) => declared.effect === 'contain')
    expect(subjects.map(({ uses }) => uses).toSorted()).toEqual(
      [...contain.map(({ definition }) => definition.uses), 'lab.wipe'].toSorted(),
    )
    expect(subjects.filter(({ origin }) => origin === 'policy')).toMatchObject([
      { uses: 'okta.suspend_user', proposedBy: 'alert/testdata/door/event.json', args: { user_id: 'eve' } },
      { uses: 'lab.wipe', args: { host: 'a' } },
    ])
    expect(notes).toHaveLength(2)
    expect(notes[0]).toMatch(
      /^alert\/testdata\/door\/event\.json: crowdstrike\.contain_host is proposed and cannot run/,
    )
    expect(notes[1]).toMatch(/^alert\/testdata\/wrong\/event\.json: /)
    const named = await survey(world, await readSamples(folder), 'http.fetch')
    expect(named.subjects).toMatchObject([{ uses: 'http.fetch', origin: 'policy' }])
  } finally {
    await policies.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
