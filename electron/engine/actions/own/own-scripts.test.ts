import { mkdtempSync, readFileSync, rmSync, existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { declared } from '../../../../tests/fakes/declared-world.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Intent, RunOutcome } from '../action-port.ts'
import { changedSince } from '../prior-state.ts'
import { scriptFingerprint } from './script-trust.ts'

/** A light that is on or off: its file is the target. Each question is noted. */
const LIGHT = `#!/usr/bin/python3
import json, os, sys
asked = json.load(sys.stdin)
path = os.environ["LIGHT"]
with open(path + ".log", "a") as log:
    log.write(asked["do"] + "\\n")
if asked["do"] == "read":
    with open(path) as light:
        print(json.dumps({"state": {"light": light.read()}}))
else:
    with open(path, "w") as light:
        light.write(asked["args"]["to"])
`

const yaml = (light: string): string => `
name: light.turn
kind: script.run
effect: contain
title: Turn the light {to}
target: light
does: The light is {to}.
args:
  to: { description: On or off, enum: [on, "off"] }
script:
  file: light.py
  env: { PATH: /usr/bin, LIGHT: ${light} }
reads: true
so: { light: "{to}" }
undo: { uses: light.turn_back, sentence: It is as before., args: { to: "{before.light}" } }
---
name: light.turn_back
kind: script.run
effect: contain
title: Turn the light back {to}
target: light
does: The light is {to}.
args:
  to: { description: On or off }
script:
  file: light.py
  env: { PATH: /usr/bin, LIGHT: ${light} }
reads: true
so: { light: "{to}" }
no_undo: It is the way back.
---
name: light.page
kind: script.run
effect: notify
title: Page {who}
target: "{who}"
does: Tells {who}.
args:
  who: { description: Whom }
  secret_key: { description: Key, optional: true }
script: { file: page.sh }
`

const PAGE = '#!/bin/sh\nexec cat\n'

let folder: string
let light: string
let kit: ActionKit
const subject = subjectOf(GOLDEN_ALERT)
const declaredIn = () => declared(yaml(light), { 'actions/light.py': LIGHT, 'actions/page.sh': PAGE })

function open(isTrusted: boolean): ActionKit {
  const scripts = declaredIn().actions.flatMap((one) => (one.kind === 'script.run' ? [scriptFingerprint(one)] : []))
  const trusted = isTrusted ? Object.fromEntries(scripts.map((one) => [one, 'actions/light.py'])) : {}
  const secrets = secretsOf({ KEY: 'a-secret-value', BOUND: 'another-value' }, { BOUND: ['api.example'] })
  return actionKit({ declaredIn, trusted, clock: noWaits, secrets, dataDir: folder })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-own-'))
  light = join(folder, 'light')
  writeFileSync(light, 'off')
  kit = open(true)
})
afterEach(async () => {
  await kit.close()
  rmSync(folder, { recursive: true })
})

const run = (intent: Intent): Promise<RunOutcome> => kit.actions.run(intent, subject, new AbortController().signal)
const asked = (): string[] =>
  existsSync(`${light}.log`) ? readFileSync(`${light}.log`, 'utf8').trim().split('\n') : []

async function resultOf(uses: string, args: JsonObject): Promise<JsonObject> {
  const outcome = await run(await kit.intent(uses, args))
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

describe.skipIf(process.platform === 'win32')('an own action that is a script', () => {
  it('binds its hash, reads its target, does it, reads back, and is undone exactly', async () => {
    const intent = await kit.intent('light.turn', { to: 'on' })
    const [{ sha256 = '' } = {}] = declaredIn().actions as readonly { sha256?: string }[]
    expect(intent.plan.bound).toEqual({ script: sha256, id: 'light', state: { light: 'off' } })
    expect(intent.plan.rows).toContainEqual({ key: 'SHA-256', value: sha256 })
    expect(intent.plan.rows).toContainEqual({ key: 'Request', value: 'run actions/light.py' })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({
      outcome: 'succeeded',
      result: { id: 'light', changed: true, before: { light: 'off' }, after: { light: 'on' } },
    })
    const { result } = outcome as { result: JsonObject }
    const inverse = kit.actions.inverse('light.turn', { to: 'on' }, result)
    expect(inverse).toEqual({ uses: 'light.turn_back', args: { to: 'off' } })
    const undo = await kit.intent('light.turn_back', { to: 'off' }, 'undo')
    expect(changedSince(result, undo.plan)).toEqual([])
    expect(await run(undo)).toMatchObject({ outcome: 'succeeded' })
    expect(readFileSync(light, 'utf8')).toBe('off')
  })

  it('changes nothing where it is so already', async () => {
    writeFileSync(light, 'on')
    expect(await resultOf('light.turn', { to: 'on' })).toMatchObject({ changed: false })
    expect(asked()).not.toContain('run')
  })

  it('that was changed since the plan does nothing, nor one that was planned with another script', async () => {
    const intent = await kit.intent('light.turn', { to: 'on' })
    const bound = intent.plan.bound as JsonObject
    const other = { ...intent, plan: { ...intent.plan, bound: { ...bound, script: '0'.repeat(64) } } }
    expect(await run(other)).toMatchObject({ outcome: 'failed', error: { code: 'script_changed' } })
    writeFileSync(light, 'broken')
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(asked()).not.toContain('run')
  })

  it('is asked after a crash what became of it', async () => {
    const intent = await kit.intent('light.turn', { to: 'on' })
    const probe = () => kit.actions.probe(intent, subject, new AbortController().signal)
    expect(await probe()).toEqual({ state: 'not_done' })
    writeFileSync(light, 'on')
    expect(await probe()).toMatchObject({ state: 'done', result: { changed: true, before: { light: 'off' } } })
    expect(asked()).not.toContain('run')
    const page = await kit.intent('light.page', { who: 'me' })
    const unclear = await kit.actions.probe(page, subject, new AbortController().signal)
    expect(unclear).toMatchObject({ state: 'unknown' })
  })

  it('gets a secret by stdin, and its answer is cleaned of it', async () => {
    const key = kit.handles.make('KEY')
    const result = await resultOf('light.page', { who: 'me', secret_key: key })
    expect(JSON.stringify(result)).not.toContain('a-secret-value')
    expect(result).toMatchObject({ do: 'run', action: 'light.page', args: { who: 'me' } })
    const bound = await run(await kit.intent('light.page', { who: 'me', secret_key: kit.handles.make('BOUND') }))
    expect(bound).toMatchObject({ outcome: 'failed', error: { code: 'secret_host_refused' } })
  })

  it('has its declared effect where it is trusted, and contains and asks where it is not', async () => {
    expect(kit.actions.describe('light.page', { who: 'me' })).toMatchObject({ effect: 'notify', mustAsk: null })
    await kit.close()
    kit = open(false)
    expect(kit.actions.describe('light.page', { who: 'me' })).toMatchObject({
      effect: 'contain',
      mustAsk: 'actions/page.sh is not trusted as it is (Settings, Scripts)',
    })
  })

  it('[S47] that nobody trusts is not run to look at its target; approved, it looks before it acts', async () => {
    await kit.close()
    kit = open(false)
    const intent = await kit.intent('light.turn', { to: 'on' })
    expect(asked()).toEqual([])
    expect(intent.plan.rows).toContainEqual({ key: 'Present script', value: 'not trusted, so it was not asked' })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { changed: true, before: { light: 'off' } } })
    expect(asked().indexOf('read')).toBeLessThan(asked().indexOf('run'))
  })

  it('[S47] that is trusted no more is not run by itself: not to confirm, after a crash, or every hour', async () => {
    const { signal } = new AbortController()
    const intent = await kit.intent('light.turn', { to: 'on' })
    const outcome = await run(intent)
    const { result } = outcome as { result: JsonObject }
    const accepted = { id: 'light', before: { light: 'off' }, changed: true }
    const done = { uses: 'light.turn', args: { to: 'on' }, result, policyVersionId: 'v1' }
    const looks = () =>
      Promise.all([
        kit.actions.confirm(intent, accepted, subject, signal),
        kit.actions.probe(intent, subject, signal),
        kit.actions.verify(done, signal),
      ])
    expect(await looks()).toMatchObject([{ state: 'confirmed' }, { state: 'done' }, { state: 'holds' }])
    const before = asked()
    await kit.close()
    kit = open(false)
    const message = 'actions/light.py is not trusted as it is (Settings, Scripts): it was not asked.'
    expect(await looks()).toEqual([
      { state: 'pending', isComing: false, message },
      { state: 'unknown', message },
      { state: 'unreadable', message },
    ])
    expect(asked()).toEqual(before)
  })

  it('runs no other bytes than those of its hash, also where it looks by itself', async () => {
    const result = await resultOf('light.turn', { to: 'on' })
    const other = LIGHT.replace('light.read()', '"another script"')
    const sources = declaredIn().sources.map((one) =>
      one.path === 'actions/light.py' ? { ...one, source: other } : one,
    )
    const changed = actionKit({
      declaredIn: () => ({ ...declaredIn(), sources }),
      trusted: Object.fromEntries(
        declaredIn().actions.flatMap((one) =>
          one.kind === 'script.run' ? [[scriptFingerprint(one), ''] as const] : [],
        ),
      ),
      clock: noWaits,
      dataDir: folder,
    })
    const before = asked()
    const done = { uses: 'light.turn', args: { to: 'on' }, result, policyVersionId: 'v1' }
    expect(await changed.actions.verify(done, new AbortController().signal)).toMatchObject({ state: 'unreadable' })
    expect(asked()).toEqual(before)
    await changed.close()
  })

  it('that does not say what it is asked for has not said that it is so', async () => {
    const silent = LIGHT.replace('{"light": light.read()}', '{}')
    const nothing = yaml(light).replace('so: { light: "{to}" }', 'so: { light: null }')
    await kit.close()
    const state = declared(nothing, { 'actions/light.py': silent, 'actions/page.sh': PAGE })
    const prints = state.actions.flatMap((one) =>
      one.kind === 'script.run' ? [[scriptFingerprint(one), ''] as const] : [],
    )
    kit = actionKit({ declaredIn: () => state, trusted: Object.fromEntries(prints), clock: noWaits, dataDir: folder })
    const { rows } = (await kit.intent('light.turn', { to: 'on' })).plan
    expect(rows).not.toContainEqual({ key: 'Change', value: 'none: it is so already' })
  })

  it('is trusted with its environment and effect: another of either is another', () => {
    const prints = (text: string, script = LIGHT): string[] =>
      declared(text, { 'actions/light.py': script, 'actions/page.sh': PAGE }).actions.flatMap((one) =>
        one.kind === 'script.run' ? [scriptFingerprint(one)] : [],
      )
    const [turn, back, page] = prints(yaml(light))
    expect(back).toBe(turn)
    expect(page).not.toBe(turn)
    const others = [
      prints(yaml(light).replace('PATH: /usr/bin,', 'PATH: /tmp,'))[0],
      prints(yaml(light), `${LIGHT}#`)[0],
      prints(yaml(light).replace('effect: notify', 'effect: observe'))[2],
    ]
    expect(others).not.toContain(turn)
    expect(others).not.toContain(page)
    expect(prints(yaml(light).replace('title: Turn', 'title: Switch'))[0]).toBe(turn)
  })
})
