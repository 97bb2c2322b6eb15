import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actionKit, GOLDEN_ALERT, subjectOf, type ActionKit } from '../../../../tests/fakes/action-kit.ts'
import { errorCode } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Intent, ProbeOutcome } from '../action-port.ts'
import { startedAt } from './proc.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

let kit: ActionKit
const started: number[] = []

beforeEach(() => {
  kit = actionKit()
})
afterEach(async () => {
  for (const pid of started.splice(0)) if (isThere(pid)) process.kill(pid, 'SIGKILL')
  await kit.close()
})

/** A process that nobody of this test's own line has started: its parent ends at once. */
function stranger(command = 'exec sleep 300', uid?: number): number {
  const script = `(${command}) >/dev/null 2>&1 & echo $!`
  const { stdout } = spawnSync('/bin/sh', ['-c', script], {
    encoding: 'utf8',
    ...(uid === undefined ? {} : { uid }),
  })
  const pid = Number(stdout)
  started.push(pid)
  while (!readlinkSync(`/proc/${pid}/exe`).endsWith('sleep')) continue // the shell gives way to it
  return pid
}

function statOf(pid: number): { state: string; startTicks: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    return null
  }
}

function isThere(pid: number): boolean {
  const stat = statOf(pid)
  return stat !== null && stat.state !== 'Z'
}

function argsOf(pid: number): JsonObject {
  const stat = statOf(pid)
  if (stat === null) throw new Error(`process ${pid} is gone`)
  const sha256 = createHash('sha256')
    .update(readFileSync(`/proc/${pid}/exe`))
    .digest('hex')
  return { pid, started_at: Math.floor(startedAt(stat) / 1000), sha256 }
}

const failure = (args: JsonObject): Promise<string> => kit.intent('process.stop', args).then(() => 'planned', errorCode)

function probe(intent: Intent): Promise<ProbeOutcome> {
  return kit.actions.probe(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
}

function run(intent: Intent): ReturnType<ActionKit['run']> {
  return kit.actions.run(intent, subjectOf(GOLDEN_ALERT), new AbortController().signal)
}

describe.runIf(process.platform === 'linux')('process.stop', () => {
  test('shows what it is and ends it by SIGTERM', async () => {
    const pid = stranger()
    const args = argsOf(pid)
    const plan = await kit.actions.plan('process.stop', args, subjectOf(GOLDEN_ALERT))
    expect(plan.rows).toContainEqual({ key: 'Executable', value: readlinkSync(`/proc/${pid}/exe`) })
    expect(plan.rows).toContainEqual({ key: 'SHA-256', value: args['sha256'] })
    expect(plan.bound).toMatchObject({ pid, start_ticks: statOf(pid)?.startTicks })
    const outcome = await kit.run('process.stop', args)
    expect(outcome).toMatchObject({
      outcome: 'succeeded',
      result: { pid, changed: true, signal: 'SIGTERM', before: { sha256: args['sha256'] } },
    })
    expect(isThere(pid)).toBe(false)
  })

  test('ends by SIGKILL what does not end by itself', async () => {
    const pid = stranger('trap "" TERM; exec sleep 300')
    const outcome = await kit.run('process.stop', argsOf(pid))
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { signal: 'SIGKILL' } })
    expect(isThere(pid)).toBe(false)
  })

  test('changes nothing where it has ended already, and says so', async () => {
    const pid = stranger()
    const args = argsOf(pid)
    const intent = await kit.intent('process.stop', args)
    process.kill(pid, 'SIGKILL')
    while (isThere(pid)) continue
    const nothing = { pid, changed: false, reason: 'It has ended already' }
    expect(await run(intent)).toEqual({ outcome: 'succeeded', result: nothing })
    const late = await kit.intent('process.stop', args)
    expect(late.plan.rows).toContainEqual({ key: 'Change', value: 'none: it has ended already' })
    expect(await run(late)).toEqual({ outcome: 'succeeded', result: nothing })
    expect(kit.actions.inverse('process.stop', args, nothing)).toBeNull()
  })

  test('never hits another process that has its number by then', async () => {
    const pid = stranger()
    const args = argsOf(pid)
    // Named is one that began earlier: its number is this one's by now.
    const earlier = { ...args, started_at: Number(args['started_at']) - 60 }
    expect(await kit.run('process.stop', earlier)).toMatchObject({ result: { changed: false } })
    const intent = await kit.intent('process.stop', args)
    const bound = { ...(intent.plan.bound as JsonObject), start_ticks: '1' }
    const other = await run({ ...intent, plan: { ...intent.plan, bound } })
    expect(other).toMatchObject({ outcome: 'failed', error: { code: 'process_changed' } })
    expect(isThere(pid)).toBe(true)
  })

  test('refuses another program under the same number, also one that took its place since', async () => {
    const pid = stranger()
    const args = argsOf(pid)
    expect(await failure({ ...args, sha256: '0'.repeat(64) })).toBe('process_hash')
    const intent = await kit.intent('process.stop', args)
    const sha256 = '0'.repeat(64)
    const bound = { ...(intent.plan.bound as JsonObject), sha256 }
    expect(await run({ ...intent, plan: { ...intent.plan, bound } })).toMatchObject({
      error: { code: 'process_changed' },
    })
    expect(isThere(pid)).toBe(true)
  })

  test('never stops the first process, itself, or one above or below it', async () => {
    const child = spawnSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' })
    const named = { started_at: 1, sha256: '0'.repeat(64) }
    expect(Number(child.stdout)).toBeGreaterThan(1)
    for (const pid of [1, process.pid, process.ppid])
      expect(await failure({ ...named, pid }), `process ${pid}`).toBe('process_protected')
  })

  test('refuses a thread, and arguments that name no process exactly', async () => {
    const pid = stranger()
    const args = argsOf(pid)
    for (const bad of [
      { pid: 0 },
      { pid: -1 },
      { pid: 1.5 },
      { pid: `${pid}` },
      { started_at: 'yesterday' },
      { sha256: 'x' },
    ])
      expect([bad, await failure({ ...args, ...bad })]).toEqual([bad, 'invalid_args'])
    const { sha256: _, ...without } = args
    expect(await failure(without)).toBe('invalid_args')
    expect(await failure({ ...args, started_at: new Date(Number(args['started_at']) * 1000).toISOString() })).toBe(
      'planned',
    )
  })

  test.runIf(isRoot)('is refused on a process of another user to who is not root', () => {
    const pid = stranger()
    const kitUrl = new URL('../../../../tests/fakes/action-kit.ts', import.meta.url).href
    const code = `
      import { actionKit } from ${JSON.stringify(kitUrl)}
      process.setuid(${NOBODY})
      const kit = actionKit()
      const refused = await kit.intent('process.stop', ${JSON.stringify(argsOf(pid))}).then(() => 'planned', ({ code }) => code)
      console.log(refused)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: 'process_denied\n', stderr: '' })
    expect(isThere(pid)).toBe(true)
  })

  test.each([
    ['chain-intent', false],
    ['process:signalled', true],
  ] as const)(
    '[S24] after a crash at %s the probe tells whether that very process still lives',
    async (fault, isEnded) => {
      const pid = stranger()
      const intent = await kit.intent('process.stop', argsOf(pid))
      if (isEnded) {
        const kitUrl = new URL('../../../../tests/fakes/action-kit.ts', import.meta.url).href
        const code = `
          import { actionKit, subjectOf } from ${JSON.stringify(kitUrl)}
          await actionKit().actions.run(${JSON.stringify(intent)}, subjectOf({}), new AbortController().signal)`
        const env = { ...process.env, TOCSIN_FAULT: fault }
        const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { env })
        expect(signal).toBe('SIGKILL')
        while (isThere(pid)) continue
      }
      expect(await probe(intent)).toMatchObject(
        isEnded ? { state: 'done', result: { pid, changed: true } } : { state: 'not_done' },
      )
      expect(isThere(pid)).toBe(!isEnded)
    },
  )

  test('declares that it contains and cannot be undone', () => {
    const facts = kit.actions.describe('process.stop', { pid: 4711, started_at: 1, sha256: '0'.repeat(64) })
    expect(facts).toMatchObject({ effect: 'contain', title: 'Stop process 4711', canProbe: true, undo: null })
  })
})
