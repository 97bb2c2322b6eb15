import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'
import { seedAlerts } from './seed-store.ts'

export const STORED_ALERTS = 100_000

let made: Promise<string> | null = null

/** A data folder with 100,000 alerts, made once for all rows that need one. It goes with the process. */
export function largeFolder(): Promise<string> {
  made ??= make()
  return made
}

async function make(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const store = await openStore({ dataDir: folder, clock: systemClock, ids: systemIds, log: new FakeLog() })
  await seedAlerts(store, STORED_ALERTS)
  await store.search.catchUp()
  await store.close()
  return folder
}
