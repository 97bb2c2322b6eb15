import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listBackups, prepareRestore } from '../../electron/engine/store/backup.ts'
import { openWriter } from '../../electron/engine/store/database.ts'
import { dataPaths } from '../../electron/engine/store/data-folder.ts'
import { LATEST_VERSION, migrate, schemaVersion } from '../../electron/engine/store/migrate.ts'
import { migrations } from '../../electron/engine/store/migrations/index.ts'
import { openStore, type Store } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'
import { alertFilter } from '../../shared/model/views.ts'

const CHILD = new URL('../fixtures/upkeep-child.ts', import.meta.url).pathname

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(`${tmpdir()}/tocsin-upkeep-`)
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/** @returns how many events the child had stored when its fault point killed it */
async function run(fault: string): Promise<number> {
  const child = spawn(process.execPath, [CHILD, dataDir], {
    env: { ...process.env, TOCSIN_FAULT: fault },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const stored = Number(await text(child.stdout))
  expect(await exited).toEqual([null, 'SIGKILL'])
  return stored
}

async function reopened(work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ dataDir, clock: systemClock, ids: systemIds, log: new FakeLog() })
  try {
    expect(store.lost).toBeNull()
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(store.db.pragma('foreign_key_check')).toEqual([])
    expect(await store.audit.verify()).toMatchObject({ isIntact: true })
    await work(store)
  } finally {
    await store.close()
  }
}

/** @returns how many events there are, and how many bodies */
function counts(store: Store): [number, number] {
  const sql = 'SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM event_body) AS bodies'
  const { events, bodies } = store.db.prepare(sql).get() as { events: number; bodies: number } // has one row
  return [events, bodies]
}

/** @returns how many events are found by a word of their bodies, once the index has followed */
async function hits(store: Store): Promise<number> {
  await store.search.catchUp()
  const filter = { ...alertFilter.parse({}), text: 'evidence' }
  return (await store.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 1 })).total
}

describe('[S19] killed while it deletes by age', () => {
  test.each(['retention:before', 'retention:after', 'retention:before:3', 'retention:after:3'])(
    'at %s',
    async (fault) => {
      const stored = await run(fault)
      await reopened(async (store) => {
        const [events, bodies] = counts(store)
        expect(events).toBe(stored)
        expect(await hits(store)).toBe(bodies)
        await store.upkeep.run()
        expect(counts(store)).toEqual([stored, 0])
        expect(await hits(store)).toBe(0)
      })
    },
  )
})

describe('[S19] killed while it makes a backup', () => {
  test.each(['backup:copied', 'backup:verified', 'backup:named'])('at %s', async (fault) => {
    const stored = await run(fault)
    const paths = dataPaths(dataDir)
    // What has a backup's name is whole; a start later makes one where none was finished.
    for (const { name } of listBackups(paths.backups)) await prepareRestore(paths, name, 1)
    expect(listBackups(paths.backups)).toHaveLength(fault === 'backup:named' ? 1 : 0)
    await reopened(async (store) => {
      expect(counts(store)[0]).toBe(stored)
      await store.upkeep.run()
      expect(listBackups(paths.backups)).toHaveLength(1)
    })
  })
})

describe('[S19] killed while it brings an older database up to date', () => {
  test.each(['backup:copied', 'backup:verified', 'backup:named', 'migrate:before', 'migrate:after'])(
    'at %s',
    async (fault) => {
      const [first] = migrations
      const paths = dataPaths(dataDir)
      writeFileSync(paths.database, '')
      const old = openWriter(paths.database)
      migrate(old, first ? [first] : [])
      old.close()
      expect(await run(fault)).toBe(0)

      await reopened(async (store) => {
        expect(schemaVersion(store.db)).toBe(LATEST_VERSION)
      })
      for (const { name } of listBackups(paths.backups)) await prepareRestore(paths, name, 1)
      expect(listBackups(paths.backups).length).toBeGreaterThan(0)
    },
  )
})
