import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  EICAR,
  look,
  OTHER_DISK,
  QuarantineWorld,
  quarantineId,
  resultOf,
} from '../../../tests/fakes/quarantine-world.ts'
import type { Intent } from './action-port.ts'

let world: QuarantineWorld
afterEach(() => world.close())

const QUARANTINE_STEPS = ['quarantine:manifest', 'quarantine:moved', 'quarantine:verified', 'quarantine:done']
const RESTORE_STEPS = ['restore:intent', 'restore:metadata', 'restore:linked', 'restore:unlinked', 'restore:done']

describe('crashes', () => {
  beforeEach(() => {
    world = new QuarantineWorld()
  })

  it.each(QUARANTINE_STEPS)('[S24] at %s lose nothing, and the probe tells what happened', crashDuringQuarantine)
  it.each(RESTORE_STEPS)('[S24] at %s lose nothing, and the probe tells what happened', crashDuringRestore)

  it('[S24] put back what was not verified and is not the planned file', async () => {
    const intent = await world.kit.intent('file.quarantine', { path: world.path })
    runAndDie(intent, 'quarantine:moved')
    const [id = ''] = world.quarantined()
    writeFileSync(world.held(id), 'another file that was there for a moment')
    expect(await world.probe(intent)).toEqual({ state: 'not_done' })
    expect(readFileSync(world.path, 'utf8')).toBe('another file that was there for a moment')
    expect(world.quarantined()).toEqual([])
  })

  it('[S24] are unknown when that place is taken, and what is held stays', async () => {
    const intent = await world.kit.intent('file.quarantine', { path: world.path })
    runAndDie(intent, 'quarantine:moved')
    const [id = ''] = world.quarantined()
    const held = world.held(id)
    writeFileSync(held, 'another file')
    writeFileSync(world.path, 'a third file')
    const outcome = await world.probe(intent)
    expect(outcome.state).toBe('unknown')
    expect(JSON.stringify(outcome)).toContain(held)
    expect(await world.run(intent)).toMatchObject({ outcome: 'unknown', error: { code: 'quarantine_incomplete' } })
    expect(readFileSync(held, 'utf8')).toBe('another file')
    expect(readFileSync(world.path, 'utf8')).toBe('a third file')
  })
})

const ACROSS_STEPS = ['manifest', 'copied', 'staged', 'unlinked', 'done'].map((step) => `quarantine:${step}`)
const BACK_ACROSS_STEPS = [...RESTORE_STEPS, 'restore:copying']

describe.runIf(OTHER_DISK !== null)('crashes across file systems', () => {
  beforeEach(() => {
    world = new QuarantineWorld(OTHER_DISK ?? '')
  })

  it.each(ACROSS_STEPS)('[S24] at %s lose nothing, and the probe tells what happened', crashDuringQuarantine)
  it.each(BACK_ACROSS_STEPS)('[S24] at %s lose nothing, and the probe tells what happened', crashDuringRestore)
})

/** The same action in a process of its own, which kills itself at the fault point. */
function runAndDie(intent: Intent, fault: string): void {
  const kitUrl = new URL('../../../tests/fakes/action-kit.ts', import.meta.url).href
  const code = `
    import { actionKit, subjectOf } from ${JSON.stringify(kitUrl)}
    const kit = actionKit(${JSON.stringify(world.places())})
    console.log(JSON.stringify(await kit.actions.run(${JSON.stringify(intent)}, subjectOf({}), new AbortController().signal)))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, TOCSIN_FAULT: fault },
    encoding: 'utf8',
  })
  if (child.signal !== 'SIGKILL') throw new Error(`it ran to its end: ${child.stdout}${child.stderr}`)
}

async function crashDuringQuarantine(fault: string): Promise<void> {
  const before = look(world.path)
  const intent = await world.kit.intent('file.quarantine', { path: world.path })
  runAndDie(intent, fault)
  const left = existsSync(world.path) ? look(world.path) : null
  const outcome = await world.probe(intent)
  if (left === null) expect(outcome).toMatchObject({ state: 'done', result: { path: world.path } })
  else {
    expect(left).toEqual(before)
    expect(outcome).toEqual({ state: 'not_done' })
    expect(world.quarantined()).toEqual([])
  }
  expect(await world.probe(intent)).toEqual(outcome)
  // Tried again under the same key, it is in quarantine once, whatever the crash left.
  const id = quarantineId(resultOf(await world.run(intent)))
  expect(world.quarantined()).toEqual([id])
  expect(statSync(world.held(id)).mode & 0o777).toBe(0o600)
  expect(readFileSync(world.held(id), 'utf8')).toBe(EICAR)
  expect(existsSync(world.path)).toBe(false)
  resultOf(await world.kit.run('file.restore', { quarantine_id: id }, { key: 'undo' }))
  expect(look(world.path)).toEqual(before)
}

async function crashDuringRestore(fault: string): Promise<void> {
  const before = look(world.path)
  const id = await world.quarantine()
  const intent = await world.kit.intent('file.restore', { quarantine_id: id }, 'undo')
  runAndDie(intent, fault)
  const outcome = await world.probe(intent)
  if (outcome.state === 'done') expect(existsSync(world.held(id))).toBe(false)
  else {
    expect(outcome).toEqual({ state: 'not_done' })
    expect(existsSync(world.path)).toBe(false)
    expect(statSync(world.held(id)).mode & 0o777).toBe(0o600)
  }
  expect((await world.probe(intent)).state).toBe(outcome.state)
  resultOf(await world.run(intent))
  expect(look(world.path)).toEqual(before)
  expect(existsSync(world.held(id))).toBe(false)
}
