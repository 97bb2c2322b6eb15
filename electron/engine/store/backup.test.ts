import type * as FileSystem from 'node:fs'
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeClock, FakeLog } from '../../../tests/fakes/ports.ts'
import { systemIds } from '../ports/system-ports.ts'
import { listBackups, prepareRestore, replaceDatabase } from './backup.ts'
import { dataPaths } from './data-folder.ts'
import { openStore } from './store.ts'

/** What reached the disk, in order. */
const steps: string[] = []
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FileSystem>()
  return {
    ...fs,
    fsyncSync: (fd: number) => {
      steps.push(`sync ${readlinkSync(`/proc/self/fd/${fd}`)}`)
      fs.fsyncSync(fd)
    },
    renameSync: (from: string, to: string) => {
      steps.push(`rename ${to}`)
      fs.renameSync(from, to)
    },
  }
})

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tocsin-backup-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

it.skipIf(process.platform !== 'linux')('syncs a restored file and its folders before it gets its name', async () => {
  const clock = new FakeClock()
  const store = await openStore({ dataDir, clock, ids: systemIds, log: new FakeLog() })
  await store.upkeep.run()
  await store.close()
  const paths = dataPaths(dataDir)
  steps.length = 0
  replaceDatabase(paths, await prepareRestore(paths, listBackups(paths.backups)[0]?.name ?? '', clock.now()))
  const kept = join(paths.damaged, String(clock.now()))
  expect(steps).toEqual([
    `sync ${paths.database}.restored`,
    ...[kept, paths.damaged, paths.folder].map((folder) => `sync ${folder}`),
    `rename ${paths.database}`,
    `sync ${paths.folder}`,
  ])
})
