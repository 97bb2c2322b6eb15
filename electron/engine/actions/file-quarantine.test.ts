import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GOLDEN_ALERT, subjectOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import {
  EICAR,
  isRoot,
  look,
  OTHER_DISK,
  QuarantineWorld,
  quarantineId,
  resultOf,
  writeEicar,
} from '../../../tests/fakes/quarantine-world.ts'
import { errorCode } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { sha256 } from '../forms/canonical.ts'
import type { Intent } from './action-port.ts'
import { openFile, readFacts } from './quarantine/file-facts.ts'
import { QuarantineFolder, type Manifest } from './quarantine/manifest.ts'
import { at, inodeOf, openPlace } from './quarantine/place.ts'
import { takeFile } from './quarantine/take.ts'

let world: QuarantineWorld
let base: string
let path: string
let kit: ActionKit

beforeEach(() => {
  world = new QuarantineWorld()
  ;({ base, path, kit } = world)
})
afterEach(() => world.close())

async function reopen(more: { dataDir?: string | null; roots?: string[] }): Promise<void> {
  await kit.close()
  kit = world.kit = world.openKit(more)
}

/** The code with which planning fails; what a plan can see, the attempt sees as well. */
async function failure(args: JsonObject): Promise<string> {
  const planned = await kit.intent('file.quarantine', args).then(() => 'planned', errorCode)
  const intent: Intent = { key: 'k', uses: 'file.quarantine', args, plan: { rows: [], bound: null } }
  expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: planned } })
  return planned
}

describe('file.quarantine', () => {
  it('moves the file away, 0600, and file.restore brings it back as it was', async () => {
    const before = look(path)
    const result = resultOf(await kit.run('file.quarantine', { path }))
    expect(result).toMatchObject({ path, sha256: sha256(EICAR), size: EICAR.length })
    expect(existsSync(path)).toBe(false)
    const folder = join(base, 'data', 'quarantine', quarantineId(result))
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(EICAR)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of ['file', 'manifest.json']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)

    const undo = kit.actions.inverse('file.quarantine', { path }, result)
    expect(undo).toEqual({ uses: 'file.restore', args: { quarantine_id: result.quarantine_id } })
    expect(kit.actions.describe('file.restore', undo?.args ?? {})).toMatchObject({
      title: 'Restore invoice.exe',
      target: path,
      effect: 'contain',
      lockedArgs: ['quarantine_id', 'quarantine_ids'],
    })
    const restored = resultOf(await kit.run('file.restore', undo?.args ?? {}, { key: 'run-2/0/0' }))
    expect(restored).toMatchObject({ path, sha256: sha256(EICAR), owner_restored: true })
    expect(look(path)).toEqual(before)
    expect(existsSync(join(folder, 'file'))).toBe(false)
  })

  it('says what it will do and binds the plan to inode and hash', async () => {
    const facts = kit.actions.describe('file.quarantine', { path })
    expect(facts).toMatchObject({
      effect: 'contain',
      title: 'Quarantine invoice.exe',
      target: path,
      isIdempotent: false,
      canProbe: true,
      canPreview: true,
      undo: { uses: 'file.restore' },
      secretArgs: [],
    })
    const plan = await kit.actions.plan('file.quarantine', { path }, subjectOf(GOLDEN_ALERT))
    expect(plan.bound).toEqual({ path, inode: String(statSync(path).ino), sha256: sha256(EICAR) })
    expect(plan.rows).toContainEqual({ key: 'SHA-256', value: sha256(EICAR) })
    expect(world.quarantined()).toEqual([])
  })

  it('[S23] fails when the file is another one than planned, and moves nothing', async () => {
    const intent = await kit.intent('file.quarantine', { path })
    writeFileSync(path, 'other bytes')
    const run = () => world.run(intent)
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'file_changed' } })
    // The same bytes under another inode are another file too.
    writeEicar(join(base, 'root', 'new'))
    renameSync(join(base, 'root', 'new'), path)
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'file_changed' } })
    expect(existsSync(path)).toBe(true)
    expect(world.quarantined()).toEqual([])
  })

  it('[S31] fails when a folder on the way became another one, also one with the same file in it', async () => {
    const root = join(base, 'root')
    mkdirSync(join(root, 'a'))
    mkdirSync(join(root, 'b'))
    renameSync(path, join(root, 'a', 'file'))
    const intent = await kit.intent('file.quarantine', { path: join(root, 'a', 'file') })
    renameSync(join(root, 'a', 'file'), join(root, 'b', 'file'))
    rmSync(join(root, 'a'), { recursive: true })
    symlinkSync(join(root, 'b'), join(root, 'a'))
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'file_changed' } })
    expect(existsSync(join(root, 'b', 'file'))).toBe(true)
  })

  it('compares a given sha256, in either case', async () => {
    expect(await failure({ path, sha256: '0'.repeat(64) })).toBe('file_hash')
    expect(existsSync(path)).toBe(true)
    resultOf(await kit.run('file.quarantine', { path, sha256: sha256(EICAR).toUpperCase() }))
  })

  it('refuses what is no file of its own', async () => {
    const root = join(base, 'root')
    symlinkSync(path, join(root, 'link'))
    symlinkSync('/nowhere', join(root, 'dangling'))
    mkdirSync(join(root, 'folder'))
    spawnSync('mkfifo', [join(root, 'pipe')])
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(join(root, 'socket'), resolve)
    })
    expect(await failure({ path: join(root, 'link') })).toBe('file_is_link')
    expect(await failure({ path: join(root, 'dangling') })).toBe('file_is_link')
    expect(await failure({ path: join(root, 'folder') })).toBe('file_not_regular')
    expect(await failure({ path: join(root, 'pipe') })).toBe('file_not_regular')
    expect(await failure({ path: join(root, 'socket') })).toBe('file_not_regular')
    expect(await failure({ path: join(root, 'missing') })).toBe('file_missing')
    expect(await failure({ path: join(root, 'no', 'folder') })).toBe('file_missing')
    expect(await failure({ path: `${path}/x` })).toBe('file_missing')
    expect(await failure({ path: 'invoice.exe' })).toBe('file_path')
    expect(await failure({ path: `${root}/` })).toBe('file_path')
    expect(await failure({ path: `${path}\0.txt` })).toBe('file_path')
    expect(world.quarantined()).toEqual([])
    await new Promise((resolve) => {
      server.close(resolve)
    })
  })

  it('refuses devices', async () => {
    await reopen({ roots: ['/dev'] })
    expect(await failure({ path: '/dev/null' })).toBe('file_not_regular')
  })

  it('refuses everything outside the roots, also through links and dots', async () => {
    const outside = join(base, 'outside', 'file')
    writeEicar(outside)
    symlinkSync(join(base, 'outside'), join(base, 'root', 'door'))
    mkdirSync(join(base, 'rootEvil'))
    writeEicar(join(base, 'rootEvil', 'file'))
    expect(await failure({ path: outside })).toBe('file_outside_roots')
    expect(await failure({ path: join(base, 'root', 'door', 'file') })).toBe('file_outside_roots')
    expect(await failure({ path: `${join(base, 'root')}/../outside/file` })).toBe('file_outside_roots')
    expect(await failure({ path: join(base, 'rootEvil', 'file') })).toBe('file_outside_roots')
    expect(existsSync(outside)).toBe(true)
  })

  it('takes a file below a root that is itself a link', async () => {
    symlinkSync(join(base, 'root'), join(base, 'linked-root'))
    await reopen({ roots: [join(base, 'linked-root')] })
    expect(
      resultOf(await kit.run('file.quarantine', { path: join(base, 'linked-root', 'invoice.exe') })),
    ).toMatchObject({ path })
  })

  it('never touches the data folder, the workspace and the app, even below a root', async () => {
    await reopen({ roots: [base] })
    for (const folder of ['data', 'policies', 'app']) {
      writeEicar(join(base, folder, 'file'))
      expect(await failure({ path: join(base, folder, 'file') })).toBe('file_protected')
    }
    symlinkSync(join(base, 'data'), join(base, 'root', 'door'))
    expect(await failure({ path: join(base, 'root', 'door', 'file') })).toBe('file_protected')
  })

  it('[S31] refuses a file with further names unless that is meant, and leaves those as they are', async () => {
    linkSync(path, join(base, 'root', 'second'))
    expect(await failure({ path })).toBe('file_hard_links')
    const result = resultOf(await kit.run('file.quarantine', { path, allow_hard_links: true }))
    expect(existsSync(path)).toBe(false)
    const second = join(base, 'root', 'second')
    // Its further names share its mode, which stays; what their owner gives them later stays as well.
    expect(look(second)).toMatchObject({ bytes: EICAR, mode: 0o640, links: 2 })
    chmodSync(second, 0o400)
    resultOf(await kit.run('file.restore', { quarantine_id: quarantineId(result) }, { key: 'k2' }))
    expect(look(path)).toMatchObject({ links: 2, mode: 0o400 })
  })

  it('needs a data folder to run, not to be planned', async () => {
    await reopen({ dataDir: null })
    const intent = await kit.intent('file.quarantine', { path })
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'no_data_folder' } })
  })

  it.runIf(isRoot)('restores setuid together with the owner', async () => {
    chmodSync(path, 0o4755)
    const result = resultOf(await kit.run('file.quarantine', { path }))
    resultOf(await kit.run('file.restore', { quarantine_id: quarantineId(result) }, { key: 'k2' }))
    expect(look(path)).toMatchObject({ uid: 1234, gid: 4321, mode: 0o4755 })
  })

  it('[S23] puts back what was swapped in between check and move', async () => {
    const original = look(path)
    const stolen = join(base, 'root', 'stolen')
    const place = await openPlace(path)
    const file = await openFile(at(place))
    const facts = await readFacts(file, path, () => {})
    const folder = new QuarantineFolder(join(base, 'data', 'quarantine'))
    const manifest: Manifest = {
      ...facts,
      version: 1,
      id: folder.idOf('k'),
      key: 'k',
      origin: path,
      folderInode: inodeOf(place),
      way: 'rename',
      isOriginalGone: false,
      quarantinedAt: 0,
      restoring: null,
      restored: null,
    }
    const swaps: [string, () => void][] = [
      ['a link', () => symlinkSync('/etc/passwd', path)],
      ['a file of the same bytes', () => writeEicar(path)],
      ['a folder', () => mkdirSync(path)],
    ]
    for (const [, swap] of swaps) {
      // `check` is the last thing before the move.
      const taking = takeFile(folder, manifest, { place, file }, () => {
        renameSync(path, stolen)
        swap()
      })
      await expect(taking).rejects.toMatchObject({ code: 'file_swapped' })
      expect(lstatSync(path).ino).not.toBe(lstatSync(stolen).ino)
      expect(look(stolen)).toEqual(original)
      expect(world.quarantined()).toEqual([])
      rmSync(path, { recursive: true })
      renameSync(stolen, path)
    }
    await file.close()
    await place.folder.close()
  })
})

describe('file.restore', () => {
  async function quarantine(): Promise<{ quarantine_id: string }> {
    return { quarantine_id: await world.quarantine() }
  }

  it('never overwrites', async () => {
    const args = await quarantine()
    const intent = await kit.intent('file.restore', args, 'k2')
    for (const make of [
      () => writeFileSync(path, 'mine'),
      () => symlinkSync('/nowhere', path),
      () => mkdirSync(path),
    ]) {
      make()
      await expect(kit.intent('file.restore', args)).rejects.toMatchObject({ code: 'restore_exists' })
      const outcome = await world.run(intent)
      expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'restore_exists' } })
      rmSync(path, { recursive: true })
    }
    resultOf(await world.run(intent))
  })

  it('[S23] looks again when it runs', async () => {
    const args = await quarantine()
    const intent = await kit.intent('file.restore', args, 'k2')
    const held = world.held(args.quarantine_id)
    const bytes = readFileSync(held)
    writeFileSync(held, 'altered')
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'quarantine_damaged' } })
    expect(existsSync(path)).toBe(false)
    writeFileSync(held, bytes)
    resultOf(await world.run(intent))
    // The same attempt again is the same restore; another attempt is not.
    resultOf(await world.run(intent))
    expect(await world.run({ ...intent, key: 'k3' })).toMatchObject({
      outcome: 'failed',
      error: { code: 'restore_done' },
    })
  })

  it('restores once', async () => {
    const args = await quarantine()
    resultOf(await kit.run('file.restore', args, { key: 'k2' }))
    await expect(kit.intent('file.restore', args, 'k3')).rejects.toMatchObject({ code: 'restore_done' })
  })

  it('refuses a folder that is gone or became a link, and an altered file', async () => {
    const args = await quarantine()
    renameSync(join(base, 'root'), join(base, 'moved'))
    await expect(kit.intent('file.restore', args)).rejects.toMatchObject({ code: 'restore_folder' })
    symlinkSync(join(base, 'outside'), join(base, 'root'))
    await expect(kit.intent('file.restore', args)).rejects.toMatchObject({ code: 'restore_folder' })
    rmSync(join(base, 'root'))
    renameSync(join(base, 'moved'), join(base, 'root'))
    writeFileSync(world.held(args.quarantine_id), 'altered')
    await expect(kit.intent('file.restore', args)).rejects.toMatchObject({ code: 'quarantine_damaged' })
  })

  it('refuses ids that are none', () => {
    for (const quarantine_id of ['../../etc', '', 'x']) {
      expect(() => kit.actions.describe('file.restore', { quarantine_id })).toThrow(
        expect.objectContaining({ code: 'invalid_args' }),
      )
    }
  })

  it('knows nothing of an id that was never used', async () => {
    const args = { quarantine_id: '01234567-89ab-4def-8123-456789abcdef' }
    expect(kit.actions.describe('file.restore', args)).toMatchObject({ title: `Restore ${args.quarantine_id}` })
    await expect(kit.intent('file.restore', args)).rejects.toMatchObject({ code: 'quarantine_missing' })
  })
})

describe.runIf(OTHER_DISK !== null)('across file systems', () => {
  beforeEach(async () => {
    await world.close()
    world = new QuarantineWorld(OTHER_DISK ?? '')
    ;({ base, path, kit } = world)
  })

  it('copies, verifies, then unlinks, and brings back bytes, mode, owner and times', async () => {
    const before = look(path)
    const id = await world.quarantine()
    expect(existsSync(path)).toBe(false)
    resultOf(await kit.run('file.restore', { quarantine_id: id }, { key: 'k2' }))
    expect(look(path)).toEqual(before)
  })

  it('never overwrites there either', async () => {
    const intent = await kit.intent('file.restore', { quarantine_id: await world.quarantine() }, 'k2')
    writeFileSync(path, 'mine')
    expect(await world.run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'restore_exists' } })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})
