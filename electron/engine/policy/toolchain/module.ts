import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { TocsinError } from '../../../../shared/errors.ts'
import info from './policytools.json' with { type: 'json' }
import type { ToolchainInfo } from './types.ts'

/** Where the module lies: beside this file in the sources, beside the chunk in the bundle, where the build copies it. */
function moduleUrl(): URL {
  const name = 'policytools.wasm.zst'
  return new URL(`./${name}`, import.meta.url) // not one literal: the bundler would rewrite it
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What the committed module was built from, and its hashes. */
export function toolchainInfo(): ToolchainInfo {
  return info
}

/**
 * Unpacks a compressed module. Both hashes are compared before any of it is compiled.
 * @throws TocsinError `toolchain_corrupt`
 */
export async function unpackModule(compressed: Uint8Array, expected: ToolchainInfo): Promise<WebAssembly.Module> {
  const corrupt = (what: string): TocsinError =>
    new TocsinError('toolchain_corrupt', `The policy tool chain's file is damaged (${what}). Install Tocsin again.`, {
      details: { diagnostics: [] },
    })
  if (sha256(compressed) !== expected.compressedSha256) throw corrupt('policytools.wasm.zst has another hash')
  const raw = await promisify(zstdDecompress)(compressed)
  if (sha256(raw) !== expected.sha256) throw corrupt('the module has another hash')
  return WebAssembly.compile(raw)
}

let loading: Promise<WebAssembly.Module> | undefined

/**
 * The module, compiled once per process (0.3 s); post it to the threads that need it (0.06 s each).
 * @throws TocsinError `toolchain_corrupt`; the next call tries again
 */
export function loadToolchainModule(): Promise<WebAssembly.Module> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<WebAssembly.Module> {
  return unpackModule(await readFile(moduleUrl()), info)
}
