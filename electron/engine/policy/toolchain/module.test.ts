import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { zstdCompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { loadToolchainModule, Toolchain, toolchainInfo } from './toolchain.ts'
import { unpackModule } from './module.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

it('compiles the module once per process', async () => {
  expect(await loadToolchainModule()).toBe(await loadToolchainModule())
})

it('[S22] refuses a module file that was changed', async () => {
  const compressed = await readFile(new URL('./policytools.wasm.zst', import.meta.url))
  compressed[compressed.length >> 1]! ^= 1
  await expect(unpackModule(compressed, toolchainInfo())).rejects.toMatchObject({ code: 'toolchain_corrupt' })
})

it('[S22] refuses a well packed module that is another one', async () => {
  const empty = zstdCompressSync(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  const info = { ...toolchainInfo(), compressedSha256: sha256(empty) }
  await expect(unpackModule(empty, info)).rejects.toMatchObject({ code: 'toolchain_corrupt' })
})

it('says the versions that it was built from', async () => {
  const toolchain = new Toolchain()
  const { go, opa, jsonnet } = toolchainInfo()
  expect(await toolchain.version()).toEqual({ go, opa, jsonnet })
  await toolchain.close()
})
