import { createHash } from 'node:crypto'
import type { DiskCache } from '../files/disk-cache.ts'
import {
  compilePolicy,
  compilerHash,
  policyVersionId,
  type CompiledPolicy,
  type PolicyFiles,
  type PolicyMeta,
} from './compile.ts'
import type { DataFile } from './data-files.ts'
import type { Toolchain } from './toolchain/toolchain.ts'

/** Changes when what is kept changes its form, or the same sources would compile to something else. */
const FORM = 8

/** The compiled form without its sources; the wasm follows it. */
interface Kept {
  meta: PolicyMeta
  /** What YAML files say. */
  dataFiles: DataFile[]
}

/**
 * Compiles, or takes what an earlier process has compiled of the very same files: compiling costs a second, most of it the
 * start of the tool chain. The key covers everything that the result depends on, and loading compares the policy's hash.
 * @throws what `compilePolicy` throws; a folder that does not compile is compiled again each time
 */
export async function compileWithCache(
  toolchain: Toolchain,
  files: PolicyFiles,
  cache: DiskCache | null,
): Promise<CompiledPolicy> {
  if (cache === null) return compilePolicy(toolchain, files)
  const id = policyVersionId(files)
  const name = `policy-${keyOf(id)}`
  const kept = cache.read(name)
  if (kept !== null) return unpack(id, files, kept)
  const compiled = await compilePolicy(toolchain, files)
  cache.write(name, pack(compiled))
  return compiled
}

function keyOf(id: string): string {
  const parts = [FORM, id, compilerHash()]
  return createHash('sha256').update(parts.join('\n')).digest('hex')
}

const LENGTH_BYTES = 4

function pack({ meta, dataFiles, wasm }: CompiledPolicy): Uint8Array {
  const header = Buffer.from(JSON.stringify({ meta, dataFiles } satisfies Kept))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(header.length)
  return Buffer.concat([length, header, wasm ?? new Uint8Array()])
}

function unpack(id: string, files: PolicyFiles, kept: Buffer): CompiledPolicy {
  const split = LENGTH_BYTES + kept.readUInt32LE(0)
  const { meta, dataFiles } = JSON.parse(kept.toString('utf8', LENGTH_BYTES, split)) as Kept // pack() wrote it
  const wasm = kept.length > split ? new Uint8Array(kept.subarray(split)) : null
  return { id, sources: files.sources, dataFiles, wasm, meta, compilerHash: compilerHash() }
}
