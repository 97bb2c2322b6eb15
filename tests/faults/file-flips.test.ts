import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../electron/engine/forms/canonical.ts'
import { OpenFolder } from '../../electron/engine/files/open-folder.ts'
import type { RunOutcome } from '../../electron/engine/actions/action-port.ts'
import { Flipper, flippingUser, noFlips } from '../fakes/flipper.ts'
import { EICAR, OTHER_DISK, QuarantineWorld, quarantineId, resultOf, writeEicar } from '../fakes/quarantine-world.ts'

/** In `npm test`; `npm run test:faults` makes it 2,000. */
const TRIES = Number(process.env['TOCSIN_FAULT_FLIPS'] ?? 60)
const NAME = 'invoice.exe'
const KEY = 'a private key of the analyst'

/** What may come of an attempt whose file is exchanged under way: it is done, or it is refused with one of these. */
const REFUSALS = ['file_changed', 'file_changing', 'file_is_link', 'file_outside_roots', 'file_swapped', 'file_missing']

if (noFlips !== null) process.stderr.write(`file-flips: NOT RUN: ${noFlips}\n`)

let world: QuarantineWorld
/** The attacker's: a folder, and beside it what takes its place. */
let shared: string
/** The folder itself, wherever its name leads. */
let real: OpenFolder
/** The analyst's, mode 0700, outside the allowed roots. */
let home: string
/** Of the analyst's files, which nobody approved anything about. */
let before: string

const disks: [string, string | undefined][] = [['one file system', undefined]]
if (OTHER_DISK !== null) disks.push(['two file systems', OTHER_DISK])

describe.skipIf(noFlips !== null).each(disks)('on %s', (_, disk) => {
  beforeEach(async () => {
    world = new QuarantineWorld(disk)
    shared = join(world.roots[0] ?? '', 'shared')
    home = join(world.base, 'outside', 'home')
    for (const folder of [shared, join(shared, 'dir'), home]) mkdirSync(folder)
    for (const folder of [world.base, world.roots[0] ?? '']) chmodSync(folder, 0o755)
    for (const folder of [shared, join(shared, 'dir')]) {
      chmodSync(folder, 0o777)
      chownSync(folder, flippingUser, -1)
    }
    chmodSync(home, 0o700)
    writeFileSync(join(home, NAME), KEY, { mode: 0o600 })
    symlinkSync(home, join(shared, 'link'))
    real = await OpenFolder.open(join(shared, 'dir'))
    before = lookAt(join(home, NAME))
  })
  afterEach(async () => {
    await real.close()
    await world.close()
  })

  it(`[S31] ${TRIES} tries while the folder is flipped with a link to the analyst's: no wrong file is touched`, async () => {
    const flipper = new Flipper(join(shared, 'dir'), join(shared, 'link'))
    for (let at = 0; at < TRIES; at += 1) {
      await quarantineOnce(flipper, at)
      expect(readdirSync(home)).toEqual([NAME])
      expect(lookAt(join(home, NAME))).toBe(before)
    }
    expect(await flipper.stop()).toBeGreaterThan(TRIES)
  })

  it(`[S31] ${TRIES} tries while the file is flipped with a link to the analyst's: no wrong file is touched`, async () => {
    symlinkSync(join(home, NAME), real.at('other'))
    const flipper = new Flipper(join(shared, 'dir', NAME), join(shared, 'dir', 'other'))
    for (let at = 0; at < TRIES; at += 1) {
      await quarantineOnce(flipper, at)
      expect(lookAt(join(home, NAME))).toBe(before)
    }
    expect(await flipper.stop()).toBeGreaterThan(TRIES)
  })

  it(`[S31] ${TRIES} tries while the file is flipped with one of the analyst's: it stays in its folder`, async () => {
    writeFileSync(real.at('other'), KEY, { mode: 0o600 })
    const own = lookAt(real.at('other'))
    const flipper = new Flipper(join(shared, 'dir', NAME), join(shared, 'dir', 'other'))
    for (let at = 0; at < TRIES; at += 1) {
      await quarantineOnce(flipper, at)
      expect(inFolder().map(lookInFolder)).toContain(own)
    }
    expect(await flipper.stop()).toBeGreaterThan(TRIES)
  })

  it(`[S31] ${TRIES} restores while the folder is flipped: nothing is written anywhere else`, async () => {
    rmSync(join(home, NAME))
    const flipper = new Flipper(join(shared, 'dir'), join(shared, 'link'))
    for (let at = 0; at < TRIES; at += 1) {
      place()
      const path = join(shared, 'dir', NAME)
      const id = quarantineId(resultOf(await world.kit.run('file.quarantine', { path }, { key: `take-${at}` })))
      const intent = await world.kit.intent('file.restore', { quarantine_id: id }, `back-${at}`)
      const outcome = await flipper.during(() => world.run(intent))
      expect(readdirSync(home)).toEqual([])
      if (outcome.outcome === 'succeeded') expect(readFileSync(real.at(NAME), 'utf8')).toBe(EICAR)
      else {
        expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'restore_folder' } })
        expect(readFileSync(world.held(id), 'utf8')).toBe(EICAR)
        expect(inFolder()).toEqual([])
      }
      unflip()
      rmSync(real.at(NAME), { force: true })
    }
    expect(await flipper.stop()).toBeGreaterThan(TRIES)
  })
})

/** One attempt for the file that the analyst approved, with its place flipping under it. */
async function quarantineOnce(flipper: Flipper, at: number): Promise<void> {
  const approved = place()
  const path = join(shared, 'dir', NAME)
  const bound = { path, inode: String(approved.ino), sha256: sha256(EICAR) }
  const intent = { key: `try-${at}`, uses: 'file.quarantine', args: { path }, plan: { rows: [], bound } }
  const outcome = await flipper.during(() => world.run(intent))
  const stays = inFolder().some((name) => lstatSync(real.at(name)).ino === approved.ino)
  if (outcome.outcome === 'succeeded') checkTaken(outcome, stays)
  else {
    expect(REFUSALS).toContain(outcome.error.code)
    expect(outcome.outcome).toBe('failed')
    expect(stays).toBe(true)
    expect(world.quarantined()).toEqual([])
  }
}

function checkTaken(outcome: Extract<RunOutcome, { outcome: 'succeeded' }>, stays: boolean): void {
  const id = quarantineId(resultOf(outcome))
  expect(stays).toBe(false)
  expect(world.quarantined()).toEqual([id])
  expect(readFileSync(world.held(id), 'utf8')).toBe(EICAR)
  rmSync(join(world.base, 'data', 'quarantine', id), { recursive: true })
}

/** Puts the bad file at whichever of its two names is free, where it is not there any more. */
function place(): { ino: number } {
  const there = inFolder().find((name) => isEicar(real.at(name)))
  if (there !== undefined) return lstatSync(real.at(there))
  writeEicar(join(world.base, 'new'))
  const bytes = readFileSync(join(world.base, 'new'))
  writeFileSync(real.at('.new'), bytes)
  renameSync(real.at('.new'), real.at(inFolder().includes(NAME) ? 'other' : NAME))
  return lstatSync(real.at(inFolder().find((name) => isEicar(real.at(name))) ?? ''))
}

function isEicar(path: string): boolean {
  return lstatSync(path).isFile() && readFileSync(path, 'utf8') === EICAR
}

/** After flips: the folder has its name again. */
function unflip(): void {
  if (!lstatSync(join(shared, 'dir')).isSymbolicLink()) return
  renameSync(join(shared, 'dir'), join(shared, 'spare'))
  renameSync(join(shared, 'link'), join(shared, 'dir'))
  renameSync(join(shared, 'spare'), join(shared, 'link'))
}

/** Names in the attacker's folder. */
function inFolder(): string[] {
  return readdirSync(real.at('.'))
}

function lookInFolder(name: string): string {
  return lookAt(real.at(name))
}

function lookAt(path: string): string {
  const { ino, uid, gid, mode, mtimeMs, nlink } = lstatSync(path)
  const bytes = lstatSync(path).isFile() ? readFileSync(path, 'utf8') : ''
  return JSON.stringify({ ino, uid, gid, mode, mtimeMs, nlink, bytes })
}
