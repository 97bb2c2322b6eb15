import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock, FakeLog } from '../../../tests/fakes/ports.ts'
import { listBackups } from './backup.ts'
import { openReader, openWriter, type Database } from './database.ts'
import { dataPaths } from './data-folder.ts'
import { LATEST_VERSION, migrate, schemaVersion } from './migrate.ts'
import { migrations, type Migration } from './migrations/index.ts'
import { openDatabase } from './open.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(`${tmpdir()}/tocsin-migrate-`)
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const open = (list: readonly Migration[]) =>
  openDatabase({ dataDir, clock: new FakeClock(), log: new FakeLog(), migrations: list })

const schema = (db: Database): unknown[] =>
  db.prepare(`SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name`).all()

const next: Migration = {
  number: LATEST_VERSION + 10,
  name: 'next',
  up: (db) => db.exec('ALTER TABLE source ADD COLUMN colour TEXT; CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT'),
}

test('a fresh database has the latest schema, all of it STRICT', () => {
  const db = openWriter(null)
  expect(migrate(db)).toBe(0)
  expect(schemaVersion(db)).toBe(LATEST_VERSION)
  const loose = db.prepare(`SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND schema = 'main'
    AND name NOT LIKE 'sqlite_%'`)
  expect(loose.all()).toEqual([])
  expect(migrate(db)).toBe(LATEST_VERSION)
})

test('0010: the tables of a first start are made in one step and hold together', () => {
  const db = openWriter(null)
  migrate(db, migrations.slice(0, 1))
  expect(schemaVersion(db)).toBe(10)
  expect(db.pragma('foreign_key_check')).toEqual([])
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
})

test('0020: chains of before are not held', () => {
  const db = openWriter(null)
  migrate(db, migrations.slice(0, 1))
  db.exec(`INSERT INTO policy_version (id, number, sources, data_files, origin, created_at)
    VALUES ('v', 1, '[]', '[]', 'starter', 1);
    INSERT INTO chain (id, subject_kind, subject_id, run_no, trigger, policy_version_id, generation, namespace, state, attrs, created_at)
    VALUES ('c', 'alert', 'a', 1, 'event', 'v', 'commit', '', 'queued', '[]', 1)`)
  migrate(db, migrations.slice(0, 2))
  expect(schemaVersion(db)).toBe(20)
  expect(db.prepare('SELECT id, held_at FROM chain').all()).toEqual([{ id: 'c', held_at: null }])
})

test('an old file becomes the same schema as a fresh one, after a verified backup of it', async () => {
  const old = await open(migrations)
  old.db.prepare(`INSERT INTO source (id, name, created_at) VALUES ('s', 'web', 1)`).run()
  old.close()
  const migrated = await open([...migrations, next])
  const fresh = openWriter(null)
  migrate(fresh, [...migrations, next])
  expect(schema(migrated.db)).toEqual(schema(fresh))
  expect(migrated.db.prepare('SELECT name, colour FROM source').all()).toEqual([{ name: 'web', colour: null }])
  migrated.close()
  const [backup] = listBackups(dataPaths(dataDir).backups)
  expect(backup?.name).toMatch(new RegExp(`^pre-${next.number}-`))
  const before = openReader(`${dataPaths(dataDir).backups}/${backup!.name}`)
  expect(schemaVersion(before)).toBe(LATEST_VERSION)
  before.close()
})

test('a migration that fails leaves tables and version as they were', async () => {
  ;(await open(migrations)).close()
  const broken: Migration = {
    ...next,
    up(db) {
      next.up(db)
      throw new Error('half-way')
    },
  }
  await expect(open([...migrations, broken])).rejects.toThrow('half-way')
  const again = await open(migrations)
  expect(schemaVersion(again.db)).toBe(LATEST_VERSION)
  expect(again.db.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'`).get()).toEqual({ n: 0 })
  again.close()
})

test('rows that refer to nothing stop a migration', () => {
  const db = openWriter(null)
  migrate(db)
  const orphan: Migration = {
    ...next,
    up: (connection) =>
      connection.exec(
        `INSERT INTO attempt (id, action_id, no, key, uses, args, args_hash, plan, plan_hash, policy_version_id, mode, effect, intent_at) VALUES ('a', 'nothing', 1, '', '', '{}', '', '{}', '', '', 'ask', 'observe', 0)`,
      ),
  }
  expect(() => migrate(db, [...migrations, orphan])).toThrow('refer to nothing')
  expect(schemaVersion(db)).toBe(LATEST_VERSION)
})

test('a newer file is refused, and a list out of order is a mistake', () => {
  const db = openWriter(null)
  migrate(db, [...migrations, next])
  expect(() => migrate(db)).toThrow(expect.objectContaining({ code: 'store_future' }) as Error)
  expect(() => migrate(openWriter(null), [next, ...migrations])).toThrow('increasing')
})
