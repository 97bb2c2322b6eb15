import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { replaceFile } from './replace-file.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tocsin-replace-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('replaces the text by another file, and keeps mode and link', async () => {
  const path = join(folder, 'a.rego')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  symlinkSync(path, join(folder, 'link.rego'))
  const { ino } = statSync(path)
  await replaceFile(join(folder, 'link.rego'), 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o640)
  expect(statSync(path).ino).not.toBe(ino)
  expect(readdirSync(folder)).toEqual(['a.rego', 'link.rego'])
})

it('leaves nothing behind when the file cannot be replaced', async () => {
  mkdirSync(join(folder, 'a.rego'))
  await expect(replaceFile(join(folder, 'a.rego'), 'new')).rejects.toThrow(/directory|EISDIR|EPERM/)
  expect(readdirSync(folder)).toEqual(['a.rego'])
})
