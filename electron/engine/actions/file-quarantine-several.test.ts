import { spawnSync } from 'node:child_process'
import { existsSync, linkSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GOLDEN_ALERT, subjectOf } from '../../../tests/fakes/action-kit.ts'
import {
  EICAR,
  look,
  OTHER_DISK,
  QuarantineWorld,
  resultOf,
  writeEicar,
} from '../../../tests/fakes/quarantine-world.ts'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { sha256 } from '../forms/canonical.ts'
import type { Intent } from './action-port.ts'

let world: QuarantineWorld
let paths: string[]

beforeEach(() => open())
afterEach(() => world.close())

function open(disk?: string): void {
  world = new QuarantineWorld(...(disk === undefined ? [] : [disk]))
  paths = ['invoice.exe', 'b.dll', 'c.lnk'].map((name) => join(world.roots[0] ?? '', name))
  for (const path of paths) writeEicar(path)
}

const several = (): JsonObject => ({ files: paths.map((path) => ({ path })) })

function intentOf(): Promise<Intent> {
  return world.kit.intent('file.quarantine', several())
}

/** The names that are left of the three. */
function there(): string[] {
  return paths.filter((path) => existsSync(path))
}

const failure = (args: JsonObject): Promise<string> =>
  world.kit.intent('file.quarantine', args).then(() => 'planned', errorCode)

describe('file.quarantine of several files', () => {
  it('lists every file with size and hash on one card, and binds each', async () => {
    const facts = world.kit.actions.describe('file.quarantine', several())
    expect(facts).toMatchObject({ title: 'Quarantine invoice.exe and 2 more files', targets: paths, names: paths })
    const plan = await world.kit.actions.plan('file.quarantine', several(), subjectOf(GOLDEN_ALERT))
    const hash = sha256(EICAR)
    expect(plan.rows).toEqual([
      ...paths.map((path, index) => ({
        key: `File ${index + 1} of 3`,
        value: `${path} (${EICAR.length} bytes, SHA-256 ${hash})`,
      })),
      { key: 'Together', value: `${3 * EICAR.length} bytes; all of them are moved, or none` },
    ])
    expect(plan.bound).toEqual({
      files: paths.map((path) => ({ path, inode: String(statSync(path).ino), sha256: hash })),
    })
  })

  it('moves all of them, and one restore brings all back as they were', async () => {
    const before = paths.map(look)
    const args = several()
    const result = resultOf(await world.kit.run('file.quarantine', args))
    expect(there()).toEqual([])
    expect(result).toMatchObject({ changed: true, before: { files: paths.map((path) => ({ path })) } })
    expect(result['files']).toMatchObject(paths.map((path) => ({ path, size: EICAR.length })))
    const inverse = world.kit.actions.inverse('file.quarantine', args, result)
    expect(inverse).toEqual({ uses: 'file.restore', args: { quarantine_ids: result['quarantine_ids'] } })
    const facts = world.kit.actions.describe('file.restore', inverse?.args ?? {})
    expect(facts).toMatchObject({ title: 'Restore invoice.exe and 2 more files', isWayBack: true })
    const back = resultOf(await world.kit.run('file.restore', inverse?.args ?? {}, { key: 'undo' }))
    expect(back['files']).toMatchObject(paths.map((path) => ({ path })))
    expect(paths.map(look)).toEqual(before)
  })

  it('refuses what cannot all be taken before it takes the first', async () => {
    const [first = '', second = ''] = paths
    expect(await failure({})).toBe('invalid_args')
    expect(await failure({ path: first, ...several() })).toBe('invalid_args')
    expect(await failure({ sha256: sha256(EICAR), ...several() })).toBe('invalid_args')
    expect(await failure({ files: [] })).toBe('invalid_args')
    expect(await failure({ files: Array.from({ length: 101 }, () => ({ path: first })) })).toBe('invalid_args')
    expect(await failure({ files: [{ path: first }, { path: first }] })).toBe('file_twice')
    expect(await failure({ files: [{ path: first }, { path: second, sha256: '0'.repeat(64) }] })).toBe('file_hash')
    expect(await failure({ files: [{ path: first }, { path: join(world.base, 'outside', 'x') }] })).not.toBe('planned')
    linkSync(second, `${second}.link`)
    expect(await failure(several())).toBe('file_hard_links')
    expect(await failure({ ...several(), allow_hard_links: true })).toBe('planned')
  })

  it('[S23] moves none when one is another file than planned', async () => {
    const intent = await intentOf()
    writeFileSync(paths[2] ?? '', 'other bytes')
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'file_changed' } })
    expect(there()).toEqual(paths)
    expect(world.quarantined()).toEqual([])
  })

  it('gives back what it took when a later one cannot be taken', async () => {
    const before = paths.slice(0, 2).map(look)
    const intent = await intentOf()
    const left = runAnd(intent, 'quarantine:next', 2)
    expect(left).toBe('SIGKILL')
    renameSync(paths[2] ?? '', `${paths[2]}.gone`)
    // Two are in quarantine and the third cannot follow: the next try begins with all where they were.
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'file_missing' } })
    expect(paths.slice(0, 2).map(look)).toEqual(before)
    expect(world.quarantined()).toEqual([])
  })

  it('is unknown, and says which file is where, when what it took cannot go back', async () => {
    const intent = await intentOf()
    runAnd(intent, 'quarantine:next', 2)
    writeFileSync(paths[0] ?? '', 'another file by now')
    const found = await world.probe(intent)
    expect(found.state).toBe('unknown')
    expect(JSON.stringify(found)).toContain(`In quarantine: ${paths[0]}`)
    expect(readFileSync(paths[0] ?? '', 'utf8')).toBe('another file by now')
    expect(world.quarantined()).toHaveLength(1)
    expect(await world.run(intent)).toMatchObject({ outcome: 'unknown', error: { code: 'quarantine_incomplete' } })
  })
})

describe('file.restore of several files', () => {
  it('puts none back when one cannot go back, and says why of each', async () => {
    const result = resultOf(await world.kit.run('file.quarantine', several()))
    writeFileSync(paths[0] ?? '', 'something else')
    writeFileSync(paths[2] ?? '', 'something else')
    const args = { quarantine_ids: result['quarantine_ids'] ?? null }
    const refused = await world.kit.intent('file.restore', args).then(
      () => null,
      (error: unknown) => error,
    )
    expect(errorCode(refused)).toBe('restore_refused')
    expect(errorMessage(refused)).toContain(paths[0])
    expect(errorMessage(refused)).toContain(paths[2])
    expect(there()).toEqual([paths[0], paths[2]])
  })

  it('after a crash between two is unknown with what is back, and the next try puts back the rest', async () => {
    const before = paths.map(look)
    const result = resultOf(await world.kit.run('file.quarantine', several()))
    const intent = await world.kit.intent('file.restore', { quarantine_ids: result['quarantine_ids'] ?? null }, 'undo')
    expect(runAnd(intent, 'restore:next', 1)).toBe('SIGKILL')
    const found = await world.probe(intent)
    expect(found).toMatchObject({ state: 'unknown' })
    expect(JSON.stringify(found)).toContain(`Back: ${paths[0]}. Still in quarantine: ${paths[1]}, ${paths[2]}.`)
    resultOf(await world.run(intent))
    expect(paths.map(look)).toEqual(before)
    expect(await world.probe(intent)).toMatchObject({ state: 'done' })
  })
})

const STEPS = ['manifest', 'moved', 'verified', 'done', 'next'].map((step) => `quarantine:${step}`)
const ACROSS = ['manifest', 'copied', 'staged', 'unlinked', 'done', 'next'].map((step) => `quarantine:${step}`)

describe('crashes between files', () => {
  it.each(STEPS.flatMap((step) => [1, 2, 3].map((pass) => [step, pass] as const)))(
    '[S24] at %s, pass %i, leave all or none, and the same attempt takes all once',
    crash,
  )

  it.each([
    'restore:intent',
    'restore:metadata',
    'restore:linked',
    'restore:unlinked',
    'restore:done',
    'quarantine:back',
  ])('[S24] at %s while they go back leave them where they were', async (step) => {
    const before = paths.map(look)
    const intent = await intentOf()
    runAnd(intent, 'quarantine:next', 2)
    expect(runAnd(intent, step, 1, 'probe')).toBe('SIGKILL')
    expect(await world.probe(intent)).toEqual({ state: 'not_done' })
    expect(paths.map(look)).toEqual(before)
    expect(world.quarantined()).toEqual([])
  })
})

describe.runIf(OTHER_DISK !== null)('crashes between files of another file system', () => {
  beforeEach(async () => {
    await world.close()
    open(OTHER_DISK ?? '')
  })

  it.each(ACROSS)(
    '[S24] at %s of the second leave none taken; what went back is not what was approved',
    async (step) => {
      const intent = await intentOf()
      expect(runAnd(intent, step, 2)).toBe('SIGKILL')
      expect(await world.probe(intent)).toEqual({ state: 'not_done' })
      expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(paths.map(() => EICAR))
      // The first came back as a copy: another inode is another file.
      expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'file_changed' } })
      expect(there()).toEqual(paths)
      expect(world.quarantined()).toEqual([])
    },
  )
})

async function crash(step: string, pass: number): Promise<void> {
  const before = paths.map(look)
  const intent = await intentOf()
  expect(runAnd(intent, step, pass)).toBe('SIGKILL')
  const found = await world.probe(intent)
  if (found.state === 'done') expect(there()).toEqual([])
  else {
    expect(found).toEqual({ state: 'not_done' })
    expect(paths.map(look)).toEqual(before)
    expect(world.quarantined()).toEqual([])
  }
  const result = resultOf(await world.run(intent))
  expect(there()).toEqual([])
  expect(world.quarantined().sort()).toEqual([...(result['quarantine_ids'] as string[])].sort())
  resultOf(await world.kit.run('file.restore', { quarantine_ids: result['quarantine_ids'] ?? null }, { key: 'undo' }))
  expect(paths.map(look)).toEqual(before)
}

/** The same action in a process of its own, which kills itself at the fault point. @returns how it ended */
function runAnd(intent: Intent, fault: string, pass: number, what: 'run' | 'probe' = 'run'): string | null {
  const kitUrl = new URL('../../../tests/fakes/action-kit.ts', import.meta.url).href
  const code = `
    import { actionKit, subjectOf } from ${JSON.stringify(kitUrl)}
    const kit = actionKit(${JSON.stringify(world.places())})
    console.log(JSON.stringify(await kit.actions.${what}(${JSON.stringify(intent)}, subjectOf({}), new AbortController().signal)))`
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, TOCSIN_FAULT: `${fault}:${pass}` },
    encoding: 'utf8',
  }).signal
}
