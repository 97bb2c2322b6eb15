import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import DatabaseConnection from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEngineWorld, type EngineWorld } from '../../tests/fakes/engine.ts'
import { runProgram } from './program.ts'
import { isSignedBy } from '../engine/audit/audit-key.ts'
import type { ExportedHead } from '../engine/audit/exported-head.ts'

let world: EngineWorld
let elsewhere: string
beforeEach(async () => {
  elsewhere = mkdtempSync(join(tmpdir(), 'tocsin-head-'))
  world = await openEngineWorld(() => ({ hasReceiver: false }))
})
afterEach(async () => {
  await world.close({ isTampered: true })
  rmSync(elsewhere, { recursive: true })
})

async function verify(...args: string[]): Promise<{ status: number; err: string }> {
  let err = ''
  const io = { env: {}, cwd: elsewhere, out: () => {}, err: (text: string) => (err += text) }
  const status = await runProgram(['audit', 'verify', '--data', join(elsewhere, 'copy'), ...args], io as never)
  return { status, err }
}

/** The data folder as it is, in a place where the app does not run. */
async function copied(): Promise<DatabaseConnection.Database> {
  await world.engine.stop()
  cpSync(world.dataDir, join(elsewhere, 'copy'), { recursive: true })
  const db = new DatabaseConnection(join(elsewhere, 'copy/tocsin.db'))
  for (const trigger of db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all() as string[])
    db.exec(['DROP TRIGGER', trigger].join(' '))
  return db
}

/** Takes the last commits back as who holds the key and the whole folder could: rows, trail, counter, and the head beside it. */
function cutOff(db: DatabaseConnection.Database, after: number): void {
  const cut = db.prepare('SELECT records FROM audit WHERE seq > ?').pluck().all(after) as string[]
  for (const [table, key] of cut.flatMap((records) => JSON.parse(records) as [string, number][]))
    if (table !== 'setting') db.prepare(['DELETE FROM', table, 'WHERE seq = ?'].join(' ')).run(key)
    else db.prepare('DELETE FROM setting WHERE key = ?').run(key)
  db.prepare('DELETE FROM audit WHERE seq > ?').run(after)
  db.prepare(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'`).run(after)
  db.close()
  rmSync(join(elsewhere, 'copy/audit-head'))
}

const readHead = (path: string): ExportedHead => JSON.parse(readFileSync(path, 'utf8')) as ExportedHead

describe('[S26] an exported head', () => {
  it('shows that the end of the trail was cut off, where nothing in the folder does', async () => {
    const before = await world.ask('store.exportHead', { path: join(elsewhere, 'before.json') })
    await world.ask('settings.set', { changes: { 'retention.days': 91 } })
    const after = await world.ask('store.exportHead', { path: join(elsewhere, 'after.json') })
    expect(after.seq).toBeGreaterThan(before.seq + 1)
    const { seq, hash, signature, publicKey } = readHead(after.path)
    expect(seq).toBe(after.seq)
    expect(isSignedBy(publicKey, hash, signature)).toBe(true)
    expect(statSync(after.path).mode & 0o777).toBe(0o600)
    const acts = world.engine
      .services()
      .store.db.prepare(`SELECT subject_id, after FROM act WHERE kind = 'audit.exportHead'`)
    expect(acts.raw().all()).toContainEqual([after.path, JSON.stringify({ seq, hash })])
    const db = await copied()
    expect((await verify('--head', 'after.json')).status).toBe(0)
    cutOff(db, before.seq)
    // Nothing inside says anything.
    expect(await verify()).toMatchObject({ status: 0 })
    expect(await verify('--head', before.path)).toMatchObject({ status: 0 })
    expect(await verify('--head', 'after.json')).toMatchObject({
      status: 1,
      err: expect.stringContaining(`rows ${before.seq + 1} to ${after.seq} of the trail are missing`) as string,
    })
  })

  it('that is not in the trail is named with its file; one that is none is refused', async () => {
    const { path, seq } = await world.ask('store.exportHead', { path: join(elsewhere, 'head.json') })
    ;(await copied()).close()
    writeFileSync(join(elsewhere, 'other.json'), JSON.stringify({ ...readHead(path), hash: 'f'.repeat(64) }))
    expect(await verify('--head', 'other.json')).toMatchObject({
      status: 1,
      err: expect.stringContaining(
        `row ${seq} of the trail is not the one that was remembered in other.json`,
      ) as string,
    })
    writeFileSync(join(elsewhere, 'none.json'), '{}')
    for (const file of ['none.json', 'nowhere.json'])
      expect(await verify('--head', file)).toMatchObject({ status: 1, err: expect.stringContaining(file) as string })
  })

  it('is written nowhere but to a new file outside the data folder', async () => {
    const write = async (path: string): Promise<string> => {
      const answer = await world.call('store.exportHead', { path })
      return answer.ok ? 'written' : answer.error.code
    }
    writeFileSync(join(elsewhere, 'mine.json'), 'mine')
    symlinkSync(join(elsewhere, 'target.json'), join(elsewhere, 'link.json'))
    symlinkSync(world.dataDir, join(elsewhere, 'data'))
    mkdirSync(join(elsewhere, 'folder.json'))
    expect({
      relative: await write('head.json'),
      program: await write(join(elsewhere, 'head.desktop')),
      there: await write(join(elsewhere, 'mine.json')),
      folder: await write(join(elsewhere, 'folder.json')),
      link: await write(join(elsewhere, 'link.json')),
      nowhere: await write(join(elsewhere, 'none/head.json')),
      inside: await write(join(world.dataDir, 'backups/../head.json')),
      byLink: await write(join(elsewhere, 'data/head.json')),
    }).toEqual({
      relative: 'invalid_path',
      program: 'invalid_path',
      there: 'file_exists',
      folder: 'file_exists',
      link: 'file_exists',
      nowhere: 'not_written',
      inside: 'inside_data',
      byLink: 'inside_data',
    })
    expect(readFileSync(join(elsewhere, 'mine.json'), 'utf8')).toBe('mine')
  })
})
