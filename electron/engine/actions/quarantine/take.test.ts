import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { look, OTHER_DISK, QuarantineWorld, writeEicar } from '../../../../tests/fakes/quarantine-world.ts'
import { openFile, readFacts } from './file-facts.ts'
import { QuarantineFolder, type Manifest } from './manifest.ts'
import { at, inodeOf, openPlace } from './place.ts'
import * as staging from './staging.ts'
import { takeFile } from './take.ts'

vi.mock('./staging.ts', async (importOriginal) => {
  const real = await importOriginal<typeof staging>()
  return { ...real, openStaging: vi.fn(real.openStaging) }
})

let world: QuarantineWorld
let quarantine: string

/** Takes the file as it is now. @param check called before every step that could still be left undone */
async function take(check: () => void): Promise<void> {
  const place = await openPlace(world.path)
  const file = await openFile(at(place))
  const folder = new QuarantineFolder(quarantine)
  const manifest: Manifest = {
    ...(await readFacts(file, world.path, () => {})),
    version: 1,
    id: folder.idOf('k'),
    key: 'k',
    origin: world.path,
    folderInode: inodeOf(place),
    way: 'rename',
    isOriginalGone: false,
    quarantinedAt: 0,
    restoring: null,
    restored: null,
  }
  try {
    await takeFile(folder, manifest, { place, file }, check)
  } finally {
    await file.close()
    await place.folder.close()
  }
}

/** Where the copy is made, and where it lies once it is whole. */
const partOf = (): string => join(quarantine, new QuarantineFolder(quarantine).idOf('k'), 'file.part')
const heldOf = (): string => world.held(new QuarantineFolder(quarantine).idOf('k'))
const size = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0

describe.runIf(OTHER_DISK !== null)('a file on another disk', () => {
  beforeEach(() => {
    world = new QuarantineWorld(OTHER_DISK ?? '')
    quarantine = join(world.base, 'data', 'quarantine')
  })
  afterEach(() => world.close())

  it('[S23] stays, with all of its bytes, when it was written to after it was copied', async () => {
    let isDone = false
    const taking = take(() => {
      if (isDone || !existsSync(heldOf())) return
      isDone = true
      appendFileSync(world.path, ' and more')
    })
    await expect(taking).rejects.toMatchObject({ code: 'file_changing' })
    expect(isDone).toBe(true)
    expect(readFileSync(world.path, 'utf8')).toMatch(/ and more$/)
    expect(world.quarantined()).toEqual([])
    expect(readdirSync(dirname(world.path))).toEqual(['invoice.exe'])
  })

  it('[S23] stays when it was written to while it was copied, also when nothing of that is left', async () => {
    const taking = take(() => {
      if (existsSync(heldOf())) writeEicar(world.path)
      if (existsSync(partOf()) && size(partOf()) === 0) writeFileSync(world.path, 'something else')
    })
    await expect(taking).rejects.toMatchObject({ code: 'file_changing' })
    expect(readFileSync(world.path, 'utf8')).toBe('something else')
    expect(world.quarantined()).toEqual([])
  })

  it('[S23] stays when the copy does not hold what was written to it', async () => {
    const before = look(world.path)
    const taking = take(() => {
      if (size(partOf()) === before.bytes.length) writeFileSync(partOf(), 'x'.repeat(before.bytes.length))
    })
    await expect(taking).rejects.toMatchObject({ code: 'file_changing' })
    expect(look(world.path)).toEqual(before)
    expect(world.quarantined()).toEqual([])
  })

  it.each<[string, (path: string) => void]>([
    ['a file of the same bytes', writeEicar],
    ['a folder', (path) => mkdirSync(path)],
  ])('[S23] that was replaced by %s at the last moment: both stay', async (_what, replace) => {
    const before = look(world.path)
    const stolen = `${world.path}.stolen`
    const { openStaging } = await vi.importActual<typeof staging>('./staging.ts')
    vi.mocked(staging.openStaging).mockImplementationOnce(async (...given) => {
      renameSync(world.path, stolen)
      replace(world.path)
      return openStaging(...given)
    })
    await expect(take(() => {})).rejects.toMatchObject({ code: 'file_swapped' })
    expect(look(stolen)).toEqual(before)
    expect(lstatSync(world.path).ino).not.toBe(lstatSync(stolen).ino)
    expect(world.quarantined()).toEqual([])
  })
})
