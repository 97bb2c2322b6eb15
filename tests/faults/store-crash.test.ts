import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listBackups } from '../../electron/engine/store/backup.ts'
import { dataPaths } from '../../electron/engine/store/data-folder.ts'
import { openStore } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'
import { searchLag } from '../fakes/search-lag.ts'

const CHILD = new URL('../fixtures/store-child.ts', import.meta.url).pathname
const KILLS = 10

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(`${tmpdir()}/tocsin-crash-`)
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/**
 * Runs the child until it dies: by its own fault point, or killed after so many acknowledgements.
 * @returns the ids that it acknowledged
 */
async function run(fault: string, killAfter: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, dataDir], {
    env: { ...process.env, TOCSIN_FAULT: fault },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'ready') acknowledged.push(line)
    if (acknowledged.length === killAfter) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return acknowledged
}

/** Everything that must hold after a crash, however it came. */
async function check(acknowledged: string[]): Promise<void> {
  const store = await openStore({ dataDir, clock: systemClock, ids: systemIds, log: new FakeLog() })
  try {
    expect(
      acknowledged.filter((id) => store.events.body(id) === null || store.alerts.byEvent(id).length !== 1),
    ).toEqual([])
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(store.db.pragma('foreign_key_check')).toEqual([])
    // An event and its alert are one unit: never one without the other.
    const orphans = store.db.prepare('SELECT count(*) AS n FROM event WHERE id NOT IN (SELECT event_id FROM alert)')
    expect(orphans.get()).toEqual({ n: 0 })
    const counted = store.db.prepare(
      'SELECT (SELECT sum(count) FROM alert_count) - (SELECT count(DISTINCT dedup_key) FROM alert) AS off',
    )
    expect([{ off: 0 }, { off: null }]).toContainEqual(counted.get())
    expect(await store.audit.verify()).toMatchObject({ isIntact: true })
    await store.search.catchUp()
    expect(searchLag(dataDir)).toBe(0)
  } finally {
    await store.close()
  }
}

test('[S19] what was acknowledged is there after the process was killed at a random moment', async () => {
  const all: string[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    // Not a whole number of groups, so that kills fall everywhere within one.
    const acknowledged = await run('', 5 + ((kill * 37) % 101))
    all.push(...acknowledged)
    await check(all)
  }
  expect(all.length).toBeGreaterThan(KILLS * 5)
}, 120_000)

test.each([
  'event:before:4',
  'event:after:4',
  'audit-key:before',
  'audit-key:after',
  'search:before',
  'search:after',
  'migrate:before',
  'migrate:after',
  'backup:copied',
])('[S19] killed at the fault point %s, nothing acknowledged is lost', async (fault) => {
  const acknowledged = await run(fault, -1)
  await check(acknowledged)
  // A backup that was cut off never shows as one.
  expect(listBackups(dataPaths(dataDir).backups)).toEqual([])
})
