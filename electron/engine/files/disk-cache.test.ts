import {
  chmodSync,
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
import { compileWithCache } from '../policy/compile-cache.ts'
import type { Toolchain } from '../policy/toolchain/toolchain.ts'
import { DiskCache } from './disk-cache.ts'

let folder: string
let cache: DiskCache
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-cache-'))
  cache = new DiskCache(join(folder, 'cache'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, 'cache', `${name}.cache`)
const read = (name: string): string | undefined => cache.read(name)?.toString()

it('[S30] gives back what was written, in files and a folder of the user alone', () => {
  expect(read('a')).toBeUndefined()
  cache.write('a', Buffer.from('first'))
  cache.write('a', Buffer.from('second'))
  expect(read('a')).toBe('second')
  expect(statSync(file('a')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'cache')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(folder, 'cache'))).toEqual(['a.cache'])
})

it.each<[string, (path: string) => void]>([
  ['one byte is another', (path) => writeFileSync(path, flipped(readFileSync(path)))],
  ['it is cut off', (path) => writeFileSync(path, readFileSync(path).subarray(0, -1))],
  ['it is empty', (path) => writeFileSync(path, '')],
  ['others may write it', (path) => chmodSync(path, 0o666)],
  ['others may read it', (path) => chmodSync(path, 0o640)],
])('[S22] takes a file for none when %s', (_what, damage) => {
  cache.write('a', Buffer.from('content'))
  damage(file('a'))
  expect(read('a')).toBeUndefined()
})

it('[S22] follows no link', () => {
  cache.write('a', Buffer.from('content'))
  symlinkSync(file('a'), file('b'))
  expect(read('b')).toBeUndefined()
})

it('does without a folder that cannot be made, and keeps a bounded number of files', () => {
  writeFileSync(join(folder, 'taken'), '')
  const nowhere = new DiskCache(join(folder, 'taken/below'))
  nowhere.write('a', Buffer.from('x'))
  expect(nowhere.read('a')).toBeNull()
  for (let i = 0; i < 80; i += 1) cache.write(`f${i}`, Buffer.from('x'))
  expect(readdirSync(join(folder, 'cache'))).toHaveLength(64)
})

it('[S22] compiles again what it cannot trust, and nothing that it can', async () => {
  let compiles = 0
  const compiled = {
    wasm: new Uint8Array([0, 97, 115, 109]),
    entrypoints: [],
    requiredBuiltins: [],
    packages: [],
    files: [],
  }
  // Only what `compilePolicy` calls.
  const toolchain = { compile: () => Promise.resolve((compiles++, compiled)) } as unknown as Toolchain
  const files = { sources: [{ path: 'a.rego', source: 'package a\n' }], dataFiles: [] }
  const fresh = await compileWithCache(toolchain, files, cache)
  expect(await compileWithCache(toolchain, files, cache)).toEqual(fresh)
  expect(compiles).toBe(1)
  const other = { ...files, sources: [{ path: 'a.rego', source: 'package b\n' }] }
  expect((await compileWithCache(toolchain, other, cache)).id).not.toBe(fresh.id)
  expect(compiles).toBe(2)
  const [name = ''] = readdirSync(join(folder, 'cache'))
  for (const one of readdirSync(join(folder, 'cache'))) {
    const path = join(folder, 'cache', one)
    writeFileSync(path, flipped(readFileSync(path)))
  }
  expect(name).toMatch(/^policy-[0-9a-f]{64}\.cache$/)
  expect(await compileWithCache(toolchain, files, cache)).toEqual(fresh)
  expect(compiles).toBe(3)
  expect(await compileWithCache(toolchain, files, null)).toEqual(fresh)
})

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8((copy.at(-1) ?? 0) ^ 1, copy.length - 1)
  return copy
}
