import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IS_DECISION } from '../store/act-kinds.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { DeskState } from '../../../shared/model/views.ts'
import { makeBackup } from '../store/backup.ts'
import { openReader } from '../store/database.ts'

const POLICIES = fileURLToPath(new URL('../../../tests/faults/policies', import.meta.url))

let remote: FakeRemote
let world: EngineWorld
beforeEach(async () => {
  remote = await FakeRemote.start()
  world = await openEngineWorld(() => ({
    policyDir: POLICIES,
    starterDir: null,
    mode: 'policy' satisfies ResponseMode,
    env: { TOCSIN_NET_ALLOW: '127.0.0.1' },
  }))
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

const posts = (): string[] => remote.calls.filter(({ method }) => method === 'POST').map(({ path }) => path)

async function send(n: string, more: object = {}, token = ''): Promise<number> {
  const { receiver } = await state()
  const response = await request(`${receiver.url ?? ''}/alert/fault`, {
    method: 'POST',
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify({ n, path: join(world.home, n), remote: remote.url, kinds: ['post'], ask: false, ...more }),
  })
  await response.body.dump()
  return response.statusCode
}

const backUp = (): Promise<{ name: string }> =>
  makeBackup(world.engine.services().store.db, join(world.dataDir, 'backups'), 'daily', Date.now())

const state = (): Promise<DeskState> => world.ask('desk.state', {})

const states = (): { chain: string; action: string }[] =>
  world.engine
    .services()
    .store.db.prepare<[], { chain: string; action: string }>(
      'SELECT c.state AS chain, a.state AS action FROM chain AS c LEFT JOIN action AS a ON a.chain_id = c.id ORDER BY a.seq',
    )
    .all()

function actsOf(path: string): string[] {
  const db = openReader(path)
  const rows = db.prepare<[], { kind: string }>(`SELECT kind FROM act WHERE ${IS_DECISION}`).all()
  db.close()
  return rows.map(({ kind }) => kind)
}

/** Three actions that the analyst approved while nothing may start. */
async function threeApproved(): Promise<void> {
  await world.ask('mode.set', { mode: 'ask', held: null })
  for (const n of ['a', 'b', 'c']) await send(n)
  await world.idle()
  await world.ask('mode.set', { mode: 'off', held: null })
  const { rows } = await world.ask('approvals.list', {})
  for (const { actionId } of rows) {
    const { boundHash } = await world.ask('approvals.get', { actionId })
    await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
  }
  await world.idle()
  expect(states().map(({ action }) => action)).toEqual(['approved', 'approved', 'approved'])
}

/** The analyst lets everything run that is held. */
async function letRun(mode: ResponseMode = 'policy'): Promise<void> {
  await world.ask('mode.set', { mode, held: 'run' })
  await world.idle()
}

describe('a restored backup', () => {
  it('[S40] runs nothing again: the replaced database says what became of it', async () => {
    await threeApproved()
    const backup = await backUp()
    await letRun()
    expect(posts()).toEqual(['/post/a', '/post/b', '/post/c'])

    await world.ask('store.restore', { backup: backup.name })
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', doubt: { kind: 'restored' } })
    expect(states()).toEqual(Array.from({ length: 3 }, () => ({ chain: 'completed', action: 'succeeded' })))
    await letRun()
    await world.restart()
    await world.idle()
    expect(posts()).toHaveLength(3)
    expect(await state()).toMatchObject({ mode: 'policy', doubt: null, heldChains: 0 })
    expect(await world.ask('store.verifyAudit', {})).toMatchObject({ isIntact: true })
  })

  it('[S40] leaves unknown what may have run, where the replaced database cannot be read', async () => {
    await threeApproved()
    const backup = await backUp()
    await letRun()
    await world.engine.stop()
    writeFileSync(join(world.dataDir, 'tocsin.db'), 'this is no database any more'.repeat(1000))
    await world.restart()
    await world.ask('store.restore', { backup: backup.name })
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 3, doubt: { kind: 'restored' } })
    expect(states().map(({ action }) => action)).toEqual(['unknown', 'unknown', 'unknown'])
    await letRun()
    expect(posts()).toHaveLength(3)

    const [first, second, third] = (await world.ask('approvals.list', {})).rows.map(({ actionId }) => actionId)
    const settle = (actionId: string | undefined, answer: 'done' | 'not_done' | 'again') =>
      world.ask('actions.settleUnknown', { actionId: actionId ?? '', answer, reason: 'looked' })
    await settle(first, 'done')
    await settle(second, 'not_done')
    await settle(third, 'again')
    await world.idle()
    expect(states().map(({ action }) => action)).toEqual(['succeeded', 'failed', 'succeeded'])
    expect(posts()).toHaveLength(4)
  })

  it('[S40] stays off after a restart, whatever --mode says, until somebody looked', async () => {
    await threeApproved()
    const backup = await backUp()
    await letRun()
    await world.ask('store.restore', { backup: backup.name })
    await world.restart()
    expect(world.started.doubt).toContain(backup.name)
    await send('later')
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 1 })
    expect(posts()).toHaveLength(3)
  })

  it('[S40] ends a chain that went on in rounds which the backup has not', async () => {
    await world.ask('mode.set', { mode: 'off', held: null })
    await send('queued')
    const backup = await backUp()
    await letRun()
    expect(posts()).toEqual(['/post/queued'])
    await world.ask('store.restore', { backup: backup.name })
    await letRun()
    expect(posts()).toEqual(['/post/queued'])
    expect(states()).toEqual([{ chain: 'completed', action: null }])
  })

  it('[S40] keeps a "no" that was said after the backup', async () => {
    await world.ask('mode.set', { mode: 'ask', held: null })
    await send('a')
    await world.idle()
    const backup = await backUp()
    const [row] = (await world.ask('approvals.list', {})).rows
    const { boundHash } = await world.ask('approvals.get', { actionId: row?.actionId ?? '' })
    await world.ask('approvals.reject', { actionId: row?.actionId ?? '', boundHash, reason: 'mine' })
    await world.idle()
    await world.ask('store.restore', { backup: backup.name })
    expect((await world.ask('approvals.list', {})).rows).toEqual([])
    expect(states()).toEqual([{ chain: 'completed', action: 'rejected' }])
  })

  it('[S40] takes the stricter word on tokens, and both databases record the restore', async () => {
    const old = await world.ask('sources.create', { name: 'old' })
    await world.ask('reading.newToken', {})
    const backup = await backUp()
    await world.ask('sources.revoke', { id: old.id })
    const fresh = await world.ask('sources.create', { name: 'fresh' })
    await world.ask('reading.newToken', {})
    const { 'read.tokenSha256': newest } = await world.ask('settings.get', {})
    await world.ask('store.restore', { backup: backup.name })
    expect(await send('x', {}, old.token)).toBe(401)
    expect(await send('x')).toBe(401)
    expect(await send('x', {}, fresh.token)).toBe(200)
    expect((await world.ask('settings.get', {}))['read.tokenSha256']).toBe(newest)
    const [kept = ''] = readdirSync(join(world.dataDir, 'damaged'))
    expect(actsOf(join(world.dataDir, 'damaged', kept, 'tocsin.db'))).toContain('store.restore')
    expect(actsOf(join(world.dataDir, 'tocsin.db'))).toContain('store.restored')
    expect((await world.ask('problems.list', {})).rows.map(({ code }) => code)).toContain('store_restored')
  })

  it('[S40] knows a backup that was put in place by hand, and what was revoked since', async () => {
    await threeApproved()
    const { id, token } = await world.ask('sources.create', { name: 'detector' })
    const backup = await backUp()
    await world.ask('sources.revoke', { id })
    await letRun()
    await world.engine.stop()
    for (const suffix of ['-wal', '-shm']) rmSync(join(world.dataDir, `tocsin.db${suffix}`), { force: true })
    cpSync(join(world.dataDir, 'backups', backup.name), join(world.dataDir, 'tocsin.db'))
    await world.restart()
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 3, doubt: { kind: 'restored' } })
    expect(await send('x', {}, token)).toBe(401)
    expect(posts()).toHaveLength(3)
  })
})

/** As `rsync -a --delete` does it: what has another size or time of change is made anew, what is new is removed. */
function putBackMirror(mirror: string, folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!existsSync(join(mirror, name))) rmSync(join(folder, name), { recursive: true })
  }
  for (const name of readdirSync(mirror)) {
    const [from, to] = [join(mirror, name), join(folder, name)]
    const [kept, now] = [statSync(from), statSync(to, { throwIfNoEntry: false })]
    if (kept.isDirectory() && now) putBackMirror(from, to)
    else if (kept.size !== now?.size || kept.mtimeMs !== now.mtimeMs) {
      cpSync(from, `${to}.part`, { recursive: true, preserveTimestamps: true })
      renameSync(`${to}.part`, to)
    }
  }
}

describe('a data folder that is not the one that ran last', () => {
  it('[S40] starts as before after a crash, and after nothing happened', async () => {
    await send('a')
    await world.idle()
    await world.restart()
    expect(await state()).toMatchObject({ mode: 'policy', doubt: null })
  })

  it('[S40] holds everything when the folder was copied or rolled back', async () => {
    await threeApproved()
    await world.engine.stop()
    const snapshot = join(world.folder, 'snapshot')
    cpSync(world.dataDir, snapshot, { recursive: true, preserveTimestamps: true })
    await world.restart()
    await letRun()
    expect(posts()).toHaveLength(3)
    await world.engine.stop()
    rmSync(world.dataDir, { recursive: true })
    renameSync(snapshot, world.dataDir)
    await world.restart()
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 3, doubt: { kind: 'copied' } })
    expect(posts()).toHaveLength(3)
  })

  it('[S40] holds everything when an older state was copied over the folder, file by file', async () => {
    await threeApproved()
    await world.engine.stop()
    const snapshot = join(world.folder, 'snapshot')
    cpSync(world.dataDir, snapshot, { recursive: true, preserveTimestamps: true })
    await world.restart()
    await letRun()
    await world.engine.stop()
    cpSync(snapshot, world.dataDir, { recursive: true, preserveTimestamps: true })
    await world.restart()
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 3 })
    expect(posts()).toHaveLength(3)
  })

  it.each(['between two runs', 'while it ran'])(
    '[S40] holds everything when a mirror made %s was put back, which replaces only files that differ',
    async (when) => {
      await threeApproved()
      const mirror = join(world.folder, 'mirror')
      const isBetween = when === 'between two runs'
      if (isBetween) await world.engine.stop()
      cpSync(world.dataDir, mirror, { recursive: true, preserveTimestamps: true })
      if (isBetween) await world.restart()
      await letRun()
      await world.engine.stop()
      putBackMirror(mirror, world.dataDir)
      await world.restart()
      await world.idle()
      expect(await state()).toMatchObject({ mode: 'off', heldChains: 3, doubt: { kind: 'copied' } })
      expect(posts()).toHaveLength(3)
    },
  )

  it('[S40] holds everything when the database alone was put back, or the vault is another', async () => {
    await threeApproved()
    await world.engine.stop()
    const copy = join(world.folder, 'copy.db')
    cpSync(join(world.dataDir, 'tocsin.db'), copy)
    await world.restart()
    await letRun()
    await world.engine.stop()
    cpSync(copy, join(world.dataDir, 'tocsin.db'))
    await world.restart()
    await world.idle()
    expect(await state()).toMatchObject({ mode: 'off', heldChains: 3 })
    expect(posts()).toHaveLength(3)
    await letRun('dry-run')

    await world.engine.stop()
    const vault = join(world.dataDir, 'vault')
    const [generation] = readdirSync(vault).filter((name) => name.startsWith('generation-'))
    rmSync(join(vault, generation ?? ''))
    mkdirSync(vault, { recursive: true })
    await world.restart()
    expect(await state()).toMatchObject({ mode: 'off', doubt: { kind: 'replaced' } })
  })
})
