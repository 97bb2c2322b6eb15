import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { listBackups, makeBackup } from '../../electron/engine/store/backup.ts'
import { openWriter } from '../../electron/engine/store/database.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { DeskClient } from './desk-client.ts'
import { DataFolders, readRows, ServeProcess } from './serve-process.ts'

/** The commits of a restore and of the start behind it; the second pass of a start's points is that of the restored database. */
const RESTORE = [
  'restore:prepared',
  'restore:before',
  'restore:after',
  'restore:kept',
  'restore:replaced',
  'generation:before:2',
  'generation:after:2',
  'generation:written:2',
  'generation:kept:2',
]
const START = ['generation:before', 'generation:after', 'generation:written', 'generation:kept']

const folders = new DataFolders()
let remote: FakeRemote
/** A backup caught a chain that has not run; then it ran. */
let ran: string

beforeAll(async () => {
  remote = await FakeRemote.start()
  await folders.prepare()
  const { dataDir } = folders.fresh()
  await withDesk(dataDir, async (desk, serve) => {
    await desk.call('mode.set', { mode: 'off', held: null })
    await serve.send({ n: 'once', path: '/nowhere', remote: remote.url, kinds: ['post'], ask: false })
  })
  const db = openWriter(join(dataDir, 'tocsin.db'))
  await makeBackup(db, join(dataDir, 'backups'), 'daily', Date.now())
  db.close()
  // `--mode policy` of this start lets go what another one held.
  const serve = await ServeProcess.start(dataDir)
  await vi.waitFor(() => expect(chains(dataDir)).toEqual(['completed']), { timeout: 15_000 })
  await serve?.kill('SIGTERM')
  expect(posts()).toBe(1)
  ran = dataDir
})

afterAll(async () => {
  await remote.close()
  folders.remove()
})

const posts = (): number => remote.calls.filter(({ method }) => method === 'POST').length
const chains = (dataDir: string): string[] =>
  readRows<{ state: string }>(dataDir, 'SELECT state FROM chain').map(({ state }) => state)

async function withDesk(
  dataDir: string,
  work: (desk: DeskClient, serve: ServeProcess) => Promise<void>,
): Promise<void> {
  const serve = await ServeProcess.start(dataDir)
  if (serve === null) throw new Error('It did not start')
  const desk = await DeskClient.open(serve.ready.desk ?? '')
  await work(desk, serve)
  desk.close()
  await serve.kill('SIGTERM')
}

describe('a restore that is cut off', () => {
  it.each(RESTORE)('[S40] at %s runs nothing again, now or later', async (fault) => {
    const { dataDir } = folders.fresh(ran)
    const [backup] = listBackups(join(dataDir, 'backups'))
    const dying = await ServeProcess.start(dataDir, fault)
    if (dying === null) throw new Error('It died before it was ready')
    const desk = await DeskClient.open(dying.ready.desk ?? '')
    void desk.call('store.restore', { backup: backup?.name ?? '' })
    await dying.whenDead()
    desk.close()

    const isReplaced = readRows(dataDir, "SELECT key FROM store_state WHERE key IN ('doubt', 'copy_mark')").length > 0
    await withDesk(dataDir, async (again) => {
      const state = await again.call('desk.state', {})
      expect(state).toMatchObject({ ok: true, value: { store: { state: 'ok' } } })
      if (!state.ok) return
      expect([state.value.mode, state.value.doubt?.kind ?? null]).toEqual(
        isReplaced ? ['off', 'restored'] : ['policy', null],
      )
      // What the analyst lets go on does nothing again either: the replaced database said what became of it.
      await again.call('mode.set', { mode: 'policy', held: 'run' })
      await expect.poll(() => chains(dataDir), { timeout: 15_000 }).toEqual(['completed'])
    })
    expect(posts()).toBe(1)
  })
})

describe('a start that is cut off', () => {
  it.each(START)('[S40] at %s raises no false alarm at the next one', async (fault) => {
    const { dataDir } = folders.fresh(ran)
    await (await ServeProcess.start(dataDir))?.kill('SIGTERM')
    expect(await ServeProcess.start(dataDir, fault)).toBeNull()
    await withDesk(dataDir, async (desk) => {
      expect(await desk.call('desk.state', {})).toMatchObject({ ok: true, value: { mode: 'policy', doubt: null } })
    })
  })
})
