import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OpenFolder } from './open-folder.ts'

let base: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-folder-')))
  mkdirSync(join(base, 'a', 'b'), { recursive: true })
  writeFileSync(join(base, 'a', 'b', 'file'), 'the one that was opened')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('an open folder', () => {
  it('[S31] stays the one that was opened, whatever its path leads to', async () => {
    const folder = await OpenFolder.open(join(base, 'a', 'b'))
    mkdirSync(join(base, 'other', 'b'), { recursive: true })
    writeFileSync(join(base, 'other', 'b', 'file'), 'another one')
    renameSync(join(base, 'a'), join(base, 'moved'))
    symlinkSync(join(base, 'other'), join(base, 'a'))
    expect(await readFile(folder.at('file'), 'utf8')).toBe('the one that was opened')
    await folder.close()
  })

  it('needs no right to list the folders on the way', async () => {
    chmodSync(join(base, 'a'), 0o311)
    const folder = await OpenFolder.open(join(base, 'a', 'b'))
    expect(await readFile(folder.at('file'), 'utf8')).toBe('the one that was opened')
    await folder.close()
  })
})

describe.each(['descriptors', 'owners'] as const)('a folder held by %s', (way) => {
  it('[S31] is reached through no link', async () => {
    symlinkSync(join(base, 'a'), join(base, 'link'))
    await expect(OpenFolder.open(join(base, 'link', 'b'), way)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(OpenFolder.open(join(base, 'link'), way)).rejects.toMatchObject({ code: 'ENOTDIR' })
    const folder = await OpenFolder.openReal(join(base, 'link', 'b'), way)
    expect(folder.path).toBe(join(base, 'a', 'b'))
    await folder.close()
  })

  it('[S31] takes no private folder that others may change', async () => {
    const folder = await OpenFolder.open(base, way)
    mkdirSync(join(base, 'open'))
    chmodSync(join(base, 'open'), 0o777)
    await expect(folder.privateChild('open')).rejects.toMatchObject({ code: 'folder_shared' })
    symlinkSync(join(base, 'a'), join(base, 'link'))
    await expect(folder.privateChild('link')).rejects.toMatchObject({ code: 'ENOTDIR' })
    const own = await folder.privateChild('own')
    expect(await own.isOwn()).toBe(true)
    await own.close()
    await folder.close()
  })
})

describe('where no descriptor can be used', () => {
  it('[S31] a folder that others may change on the way is refused', async () => {
    chmodSync(join(base, 'a'), 0o777)
    await expect(OpenFolder.open(join(base, 'a', 'b'), 'owners')).rejects.toMatchObject({ code: 'folder_shared' })
    chmodSync(join(base, 'a'), 0o1777)
    await (await OpenFolder.open(join(base, 'a', 'b'), 'owners')).close()
  })
})
