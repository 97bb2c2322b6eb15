import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { delivery } from '../../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../../tests/fakes/engine.ts'
import { FakeRemote } from '../../../../tests/fakes/fake-remote.ts'
import type { ActionView } from '../../../../shared/model/views.ts'

const ALERT = 'package alert.a\n\nalert contains {"title": "Odd"}\n'

/** Waives what it may. */
const ACTION = `package action

run contains {"id": "mark", "uses": "own.mark", "args": {"to": "x"}, "approval": false} if input.seq == 0
`

/** The script writes who it is, and what it was given. */
const script = (name: string): string =>
  `#!/bin/sh\nprintf '%s ' ${name} >> "$OUT"\ncat >> "$OUT"\nprintf '"%s"' ${name}\n`

const declaration = (out: string, effect = 'notify'): string => `name: own.mark
kind: script.run
effect: ${effect}
title: Mark {to}
target: "{to}"
does: Marks {to}.
no_undo: A mark stays.
args:
  to: { description: What }
script:
  file: mark.sh
  env: { PATH: /usr/bin:/bin, OUT: ${out} }
`

let world: EngineWorld
let policyDir: string
let out: string

const write = (name: string, text: string): void => writeFileSync(join(policyDir, name), text)
const written = (): string => (existsSync(out) ? readFileSync(out, 'utf8') : '')
/** Takes what the folder holds, as the watcher does after a save. */
const saved = (): Promise<void> => world.engine.services().policy.refresh()

beforeEach(async () => {
  world = await openEngineWorld((folder) => {
    policyDir = join(folder, 'policy')
    out = join(folder, 'out')
    for (const name of ['alert', 'action', 'actions']) mkdirSync(join(policyDir, name), { recursive: true })
    write('alert/a.rego', ALERT)
    write('action/a.rego', ACTION)
    write('actions/own.yaml', declaration(out))
    write('actions/mark.sh', script('first'))
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env: { TOCSIN_INSPECT_DELAY: '0' } }
  })
})
afterEach(() => world.close())

async function event(): Promise<string> {
  await world.engine.services().intake.receive(delivery({ schema: 'a', body: '{}' }))
  await world.idle()
  const { rows } = await world.ask('alerts.page', { filter: {}, upToSeq: null, offset: 0, limit: 1 })
  return rows[0]?.id ?? ''
}

async function stepOf(alertId: string): Promise<ActionView | undefined> {
  const { chains } = await world.ask('alerts.get', { id: alertId })
  const chain = await world.ask('chains.get', { id: chains[0]?.id ?? '' })
  return chain.rounds.flatMap(({ actions }) => actions)[0]
}

async function approve(actionId: string): Promise<void> {
  const { boundHash } = await world.ask('approvals.get', { actionId })
  await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
  await world.idle()
}

async function trust(): Promise<void> {
  const { rows } = await world.ask('scripts.list', {})
  for (const { fingerprint } of rows) await world.ask('scripts.trust', { fingerprint })
}

describe.skipIf(process.platform === 'win32')('scripts of the workspace', () => {
  it('[S47] contain and wait until they are trusted, whatever the policy waives; then they run as declared', async () => {
    const step = await stepOf(await event())
    expect(step).toMatchObject({ state: 'waiting', effect: 'contain' })
    expect(written()).toBe('')
    const { rows } = await world.ask('scripts.list', {})
    expect(rows).toMatchObject([
      { file: 'actions/mark.sh', actions: ['own.mark'], effect: 'notify', trust: 'none', source: script('first') },
    ])
    await trust()
    expect(await stepOf(await event())).toMatchObject({ state: 'succeeded', effect: 'notify' })
    expect(written()).toMatch(/^first \{"do":"run","action":"own\.mark","args":\{"to":"x"\}\}$/)
  })

  it('[S47] wait again when they were changed, or trust was withdrawn', async () => {
    await trust()
    write('actions/mark.sh', script('second'))
    await saved()
    expect(await stepOf(await event())).toMatchObject({ state: 'waiting', effect: 'contain' })
    const [changed] = (await world.ask('scripts.list', {})).rows
    expect(changed).toMatchObject({ trust: 'changed' })
    await trust()
    expect(await stepOf(await event())).toMatchObject({ state: 'succeeded' })
    await world.ask('scripts.withdraw', { fingerprint: changed?.fingerprint ?? '' })
    expect(await stepOf(await event())).toMatchObject({ state: 'waiting' })
    expect(written()).not.toContain('first')
  })

  it('are trusted only as they are shown, and by nothing else', async () => {
    const [shown] = (await world.ask('scripts.list', {})).rows
    write('actions/mark.sh', script('second'))
    await saved()
    const { fingerprint } = shown!
    const late = await world.call('scripts.trust', { fingerprint })
    expect(late).toMatchObject({ ok: false, error: { code: 'script_missing' } })
    const changes = { 'scripts.trusted': { [fingerprint]: 'actions/mark.sh' } }
    const refused = await world.call('settings.set', { changes })
    expect(refused).toMatchObject({ ok: false, error: { code: 'invalid_setting' } })
  })

  it('[S47] run as the chain’s policy version has them: what was approved, though the file is another one by then, across a restart', async () => {
    const alertId = await event()
    const step = await stepOf(alertId)
    write('actions/mark.sh', script('second'))
    await saved()
    await world.restart()
    await approve(step!.id)
    expect(await stepOf(alertId)).toMatchObject({ state: 'succeeded' })
    expect(written()).toMatch(/^first /)
    const attempt = world.engine.services().store.db.prepare('SELECT plan FROM attempt').get() as { plan: string }
    const sha256 = (await world.ask('scripts.list', {})).rows[0]?.sha256 ?? ''
    expect(attempt.plan).toMatch(/"script":"[0-9a-f]{64}"/)
    expect(attempt.plan).not.toContain(sha256)
  })

  it('and their declarations are part of the policy version, across a restart', async () => {
    const before = world.engine.services().policy.live()
    write('actions/mark.sh', script('second'))
    await saved()
    const after = world.engine.services().policy.live()
    expect(after?.id).not.toBe(before?.id)
    const { sources } = await world.ask('policies.version', { id: after!.id })
    expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['actions/own.yaml', 'actions/mark.sh']))
    const alertId = await event()
    await world.restart()
    const step = await stepOf(alertId)
    await approve(step!.id)
    expect(written()).toMatch(/^second /)
  })

  it('that are declared wrongly leave the last good version live, and are a problem with file and line', async () => {
    await trust()
    const before = world.engine.services().policy.live()
    write('actions/own.yaml', declaration(out, 'destroy'))
    await saved()
    expect(world.engine.services().policy.live()?.id).toBe(before?.id)
    expect(world.engine.services().policy.problem()).toMatchObject([
      { code: 'action_invalid', file: 'actions/own.yaml', row: 3 },
    ])
    expect(await stepOf(await event())).toMatchObject({ state: 'succeeded' })
    write('actions/own.yaml', declaration(out))
    await saved()
    expect(world.engine.services().policy.problem()).toBe(null)
  })

  it('leave their trust in the audit trail', async () => {
    await trust()
    const acts = world.engine
      .services()
      .store.db.prepare(`SELECT kind, subject_id AS file FROM act WHERE kind LIKE 'script.%'`)
      .all()
    expect(acts).toEqual([{ kind: 'script.trust', file: 'actions/mark.sh' }])
  })

  it('[S47] wait when trust was withdrawn between the proposal and their turn', async () => {
    const gate = join(policyDir, '../gate')
    write('actions/hold.sh', `#!/bin/sh\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\n`)
    const hold = declaration(out).replaceAll('own.mark', 'own.hold').replace('mark.sh', 'hold.sh')
    write('actions/own.yaml', `${declaration(out)}---\n${hold}`)
    write(
      'action/a.rego',
      `${ACTION}\nrun contains {"id": "a", "uses": "own.hold", "args": {"to": "a"}, "approval": false} if input.seq == 0\n`,
    )
    await saved()
    await trust()
    await world.engine.services().intake.receive(delivery({ schema: 'a', body: '{}' }))
    const running = () =>
      world.engine.services().store.db.prepare("SELECT id FROM action WHERE state = 'running'").all()
    await vi.waitFor(() => expect(running()).toHaveLength(1), { timeout: 10_000 })
    for (const { fingerprint } of (await world.ask('scripts.list', {})).rows)
      await world.ask('scripts.withdraw', { fingerprint })
    writeFileSync(gate, '')
    await world.idle()
    const states = world.engine
      .services()
      .store.db.prepare('SELECT policy_id AS id, state FROM action ORDER BY position')
      .all()
    expect(states).toEqual([
      { id: 'a', state: 'succeeded' },
      { id: 'mark', state: 'waiting' },
    ])
    expect(written()).toBe('')
  })

  it('leave what they contain to be undone by the version that did it, though the declarations are gone by then', async () => {
    const light = join(policyDir, '../light')
    writeFileSync(light, 'off')
    for (const to of ['on', 'off']) write(`actions/${to}.sh`, lightScript(to))
    write(
      'actions/own.yaml',
      [
        lightAction(light, 'on', 'undo: { uses: light.off, sentence: Off again. }'),
        lightAction(light, 'off', 'no_undo: It is off.'),
      ].join('---\n'),
    )
    write(
      'action/a.rego',
      'package action\n\nrun contains {"id": "l", "uses": "light.on", "approval": false} if input.seq == 0\n',
    )
    await saved()
    await trust()
    expect(await stepOf(await event())).toMatchObject({ state: 'succeeded' })
    expect(readFileSync(light, 'utf8')).toBe('on')
    write('actions/own.yaml', '')
    write('action/a.rego', 'package action\n')
    await saved()
    const [row] = (await world.ask('containments.list', {})).rows
    expect(row).toMatchObject({ undo: { uses: 'light.off', title: 'Turn off' }, stage: 'confirmed' })
    await world.ask('containments.verify', { attemptId: row!.attemptId })
    expect((await world.ask('containments.list', {})).rows).toMatchObject([{ standing: 'holds' }])
    const { actionId } = await world.ask('containments.undo', { attemptId: row!.attemptId })
    await approve(actionId)
    expect(readFileSync(light, 'utf8')).toBe('off')
  })
})

const lightScript = (to: string): string =>
  `#!/bin/sh\ncase "$(cat)" in\n*'"do":"read"'*) printf '{"state": {"light": "%s"}}' "$(cat "$LIGHT")" ;;\n*) printf ${to} > "$LIGHT" ;;\nesac\n`

const lightAction = (light: string, to: string, undo: string): string => `name: light.${to}
kind: script.run
effect: contain
title: Turn ${to}
target: light
does: The light is ${to}.
script: { file: ${to}.sh, env: { PATH: /usr/bin:/bin, LIGHT: ${light} } }
reads: true
so: { light: "${to}" }
${undo}
`

describe('an own action that observes', () => {
  it('inspects for a report as a built-in one does', async () => {
    const remote = await FakeRemote.start({
      service: () => ({
        headers: { 'content-type': 'application/json' },
        body: '{"host":"lab-7"}',
      }),
    })
    write(
      'actions/own.yaml',
      `name: lab.who\nkind: http\neffect: observe\ntitle: Who is {ip}\ntarget: "{ip}"\ndoes: Looks.\nargs: { ip: { description: Address } }\nrequest: { method: GET, url: "${remote.url}/who/{ip}" }\n`,
    )
    write(
      'alert/a.rego',
      'package alert.a\n\nalert contains {"title": "Odd", "detector": "d", "rule_id": "r", "alert_key": "k", "attrs": [{"key": "from", "value": "192.0.2.1", "type": "ipaddr"}]}\n',
    )
    mkdirSync(join(policyDir, 'inspect'))
    write(
      'inspect/a.rego',
      'package inspect\n\ninspect contains {"uses": "lab.who", "args": {"ip": input.attribute.value}}\n',
    )
    write('action/a.rego', 'package action\n')
    await saved()
    await world.ask('settings.set', { changes: { 'net.allow': ['127.0.0.1'] } })
    await event()
    const report = await vi.waitFor(
      async () => {
        await world.engine.services().reports!.gather()
        const filter = { severities: [], text: '', value: '' }
        const [row] = (await world.ask('reports.page', { filter, upToSeq: null, offset: 0, limit: 1 })).rows
        const found = await world.ask('reports.get', { id: row!.id })
        expect(found.openInspections).toBe(0)
        expect(remote.count('/who/192.0.2.1')).toBe(1)
        return found
      },
      { timeout: 10_000 },
    )
    expect(report.entities[0]?.findings).toMatchObject([{ author: 'lab.who' }])
    await remote.close()
  })
})
