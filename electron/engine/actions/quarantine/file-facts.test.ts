import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFile } from './copy.ts'
import { openFile } from './file-facts.ts'

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof promises>()
  return { ...real, lstat: vi.fn(real.lstat) }
})

let folder: string
let path: string
let other: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-facts-'))
  ;[path, other] = [join(folder, 'found'), join(folder, 'other')]
  writeFileSync(path, 'found')
  writeFileSync(other, 'other')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('opening a file', () => {
  it('[S23] follows no link that takes its place after it was looked at', async () => {
    vi.mocked(promises.lstat).mockImplementationOnce(() => {
      const seen = lstatSync(path)
      rmSync(path)
      symlinkSync(other, path)
      return Promise.resolve(seen)
    })
    await expect(openFile(path)).rejects.toMatchObject({ code: 'file_is_link' })
  })
})

describe('making a file', () => {
  it('[S23] takes no place that is taken, and writes through no link', async () => {
    await expect(createFile(path)).rejects.toMatchObject({ code: 'EEXIST' })
    rmSync(path)
    symlinkSync(join(folder, 'elsewhere'), path)
    await expect(createFile(path)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
    expect(readFileSync(other, 'utf8')).toBe('other')
  })
})
