#!/usr/bin/env node
// Builds the policy tool chain (OPA and go-jsonnet as one WebAssembly module) from its Go source.
//   node scripts/build-toolchain.mjs           writes policytools.wasm.zst and policytools.json beside the source
//   node scripts/build-toolchain.mjs --check   rebuilds elsewhere and compares with what is committed; exit 1 if different
// The raw module is the same bit for bit from any folder, for the Go version and the sums that go.mod and go.sum pin.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const TOOLCHAIN = join(import.meta.dirname, '../electron/engine/policy/toolchain')
const SOURCE = join(TOOLCHAIN, 'go')
const COMPRESSED = join(TOOLCHAIN, 'policytools.wasm.zst')
const INFO = join(TOOLCHAIN, 'policytools.json')

// 1 GiB: five times what checking and compiling 10,000 rules take, and an end to a policy that eats memory.
const MAX_MEMORY_PAGES = 16_384
const MEMORY_SECTION = 5

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** The Go version and module versions that go.mod pins. */
function pinned() {
  const text = readFileSync(join(SOURCE, 'go.mod'), 'utf8')
  const find = (pattern) => {
    const found = pattern.exec(text)?.[1]
    if (!found) throw new Error(`go.mod pins no ${pattern.source}`)
    return found
  }
  return {
    go: find(/^go (\S+)$/m),
    opa: find(/open-policy-agent\/opa v(\S+)/),
    jsonnet: find(/google\/go-jsonnet v(\S+)/),
  }
}

const versionNumber = (text) => text.split('.').reduce((sum, part) => sum * 1000 + Number.parseInt(part, 10), 0)

const goEnvironment = (go) => ({
  ...process.env,
  GOOS: 'wasip1',
  GOARCH: 'wasm',
  CGO_ENABLED: '0',
  GOFLAGS: '',
  GOWORK: 'off',
  GOTOOLCHAIN: `go${go}`, // a later Go fetches the pinned one
})

/** Why the module cannot be built on this machine, or undefined. */
function whyNot(wanted) {
  const env = { ...process.env, GOTOOLCHAIN: 'local' }
  const found = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env }).stdout ?? ''
  const version = /^go(\d+\.\d+(\.\d+)?)/.exec(found)?.[1]
  if (!version || versionNumber(version) < versionNumber(wanted))
    return `Go not installed: Go ${wanted} or later is needed`
  const fetched = spawnSync('go', ['mod', 'download'], { cwd: SOURCE, encoding: 'utf8', env: goEnvironment(wanted) })
  if (fetched.status !== 0)
    return `Go ${wanted} or its modules cannot be fetched: ${fetched.stderr.trim().split('\n')[0]}`
  return undefined
}

/** Compiles into a temporary folder, removed afterwards; gives the module with its memory bounded. */
function build(go) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-toolchain-'))
  try {
    const out = join(folder, 'policytools.wasm')
    execFileSync(
      'go',
      [
        'build',
        '-mod=readonly',
        '-trimpath',
        '-buildvcs=false',
        '-buildmode=c-shared',
        '-ldflags=-s -w -buildid=',
        '-o',
        out,
        '.',
      ],
      {
        cwd: SOURCE,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: goEnvironment(go),
      },
    )
    return boundMemory(readFileSync(out))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads a LEB128 number. @returns [value, next offset] */
function readNumber(bytes, offset) {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[offset++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return [value, offset]
  }
}

function writeNumber(value) {
  const out = []
  for (; value >= 0x80; value >>>= 7) out.push((value & 0x7f) | 0x80)
  return [...out, value]
}

/** Gives the module's one memory a maximum; Go's linker sets none. */
function boundMemory(module) {
  for (let offset = 8; offset < module.length;) {
    const [size, start] = readNumber(module, offset + 1)
    if (module[offset] === MEMORY_SECTION) {
      const [count, flags] = readNumber(module, start)
      if (count !== 1 || module[flags] !== 0) throw new Error('expected one memory without a maximum')
      const [minimum] = readNumber(module, flags + 1)
      const content = [1, 1, ...writeNumber(minimum), ...writeNumber(MAX_MEMORY_PAGES)]
      const section = Buffer.from([MEMORY_SECTION, ...writeNumber(content.length), ...content])
      return Buffer.concat([module.subarray(0, offset), section, module.subarray(start + size)])
    }
    offset = start + size
  }
  throw new Error('the module has no memory section')
}

function compress(module) {
  return zstdCompressSync(module, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 19,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: module.length,
  })
}

function check(versions) {
  const committed = JSON.parse(readFileSync(INFO, 'utf8'))
  const compressed = readFileSync(COMPRESSED)
  const problems = []
  if (sha256(compressed) !== committed.compressedSha256)
    problems.push('policytools.wasm.zst is not the one that policytools.json names')
  else if (sha256(zstdDecompressSync(compressed)) !== committed.sha256)
    problems.push('policytools.wasm.zst holds another module than policytools.json names')
  for (const name of ['go', 'opa', 'jsonnet']) {
    if (committed[name] !== versions[name])
      problems.push(`policytools.json says ${name} ${committed[name]}, go.mod ${versions[name]}`)
  }
  const reason = whyNot(versions.go)
  if (reason) {
    console.log(`${reason}: the tool chain was not rebuilt, only its hashes were checked`)
  } else {
    const rebuilt = sha256(build(versions.go))
    if (rebuilt !== committed.sha256)
      problems.push(`rebuilt module is ${rebuilt}, committed is ${committed.sha256}: run npm run build:toolchain`)
    else console.log(`tool chain rebuilt, same module: ${rebuilt}`)
  }
  for (const problem of problems) console.error(problem)
  return problems.length === 0 ? 0 : 1
}

function write(versions) {
  const reason = whyNot(versions.go)
  if (reason) {
    console.error(`${reason}; install Go from https://go.dev/dl/ and run again`)
    return 1
  }
  console.error('building the module…')
  const module = build(versions.go)
  console.error('compressing it (half a minute)…')
  const compressed = compress(module)
  const info = { sha256: sha256(module), compressedSha256: sha256(compressed), sizeBytes: module.length, ...versions }
  writeFileSync(COMPRESSED, compressed)
  writeFileSync(INFO, `${JSON.stringify(info, null, 2)}\n`)
  console.log(`policytools.wasm.zst: ${compressed.length} bytes, module ${info.sha256}`)
  return 0
}

try {
  process.exitCode = process.argv.includes('--check') ? check(pinned()) : write(pinned())
} catch (error) {
  console.error(error.message) // the compiler has said more above
  process.exitCode = 1
}
