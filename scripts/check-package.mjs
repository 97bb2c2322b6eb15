// Packs the app with a stand-in for Electron's binary and checks what is inside and how the fuses are configured. Needs
// no network and no binary; what it cannot show is that the packed app starts.
import { FuseV1Options } from '@electron/fuses'
import { build, Platform } from 'electron-builder'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asarFiles } from './lib/asar.mjs'
import { ROOT } from './lib/project.mjs'
import { packageConfig } from './package/config.ts'
import { fuseConfig, fuses } from './package/fuses.ts'

const REQUIRED = [
  'package.json',
  'LICENSE',
  'THIRD-PARTY-LICENCES.txt',
  'out/main/main.js',
  'out/main/engine-thread.js',
  'out/main/policy-thread.js',
  'out/main/toolchain-thread.js',
  'out/main/reader-thread.js',
  'out/main/search-thread.js',
  'out/main/graphql-thread.js',
  'out/main/prove-thread.js',
  'out/main/policytools.wasm.zst',
  'out/preload/preload.cjs',
  'out/renderer/index.html',
  'node_modules/better-sqlite3/package.json',
]

/** Top level folders of the archive; anything else is a source, a test or a tool that slipped in. */
const ALLOWED =
  /^(?:out|policies|template|node_modules\/better-sqlite3)\/|^(?:package\.json|LICENSE|THIRD-PARTY-LICENCES\.txt)$/
const FORBIDDEN = /\.tsx?$|\.test\.|\.map$|\.c(?:c|pp)?$|\.h(?:pp)?$/

/** Values that a mistake must not change silently; the reasons stand in scripts/package/fuses.ts. */
const FUSES = {
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
  WasmTrapHandlers: true,
}

const SHOWN_PROBLEMS = 30

/** The least that electron-builder takes for a Linux distribution of Electron. Not an asar in it, which it would hash. */
function standInDist(folder) {
  mkdirSync(join(folder, 'resources'), { recursive: true })
  mkdirSync(join(folder, 'locales'))
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(folder, 'version'), '0.0.0')
  return folder
}

async function pack(folder) {
  const config = {
    ...packageConfig,
    afterPack: null, // The stand-in has no fuses to switch.
    electronDist: standInDist(join(folder, 'dist')),
    directories: { output: join(folder, 'packed') },
  }
  await build({ projectDir: ROOT, config, targets: Platform.LINUX.createTarget('dir'), publish: 'never' })
  return join(folder, 'packed', 'linux-unpacked', 'resources')
}

function contentProblems(resources) {
  const archive = asarFiles(join(resources, 'app.asar'))
  const problems = REQUIRED.filter((name) => !archive.has(name)).map((name) => `missing: ${name}`)
  for (const name of archive.keys()) {
    if (!ALLOWED.test(name) || FORBIDDEN.test(name)) problems.push(`does not belong there: ${name}`)
  }
  if (![...archive.keys()].some((name) => name.startsWith('policies/') && name.endsWith('.rego'))) {
    problems.push('missing: the starter policies')
  }
  const natives = [...archive].filter(([name]) => name.endsWith('.node'))
  if (natives.length !== 1) problems.push(`one native module expected, found ${natives.length}`)
  for (const [name, { isUnpacked }] of natives) {
    const path = join(resources, 'app.asar.unpacked', name)
    if (!isUnpacked || !existsSync(path)) problems.push(`not unpacked: ${name}`)
  }
  return { problems, count: archive.size }
}

function fuseProblems() {
  return Object.entries(FUSES).flatMap(([name, isOn]) => {
    const problems = fuses[name] === isOn ? [] : [`fuse ${name} should be ${isOn ? 'on' : 'off'}`]
    return fuseConfig[FuseV1Options[name]] === isOn ? problems : [...problems, `fuse ${name} is not handed on`]
  })
}

/** electron-builder needs the outside for nothing here; what it says is kept for a failure. */
async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-package-'))
  try {
    const { problems, count } = contentProblems(await pack(folder))
    const all = [...problems, ...fuseProblems()]
    for (const problem of all.slice(0, SHOWN_PROBLEMS)) console.log(problem)
    process.exitCode = all.length === 0 ? 0 : 1
    console.log(`${count} files packed`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
