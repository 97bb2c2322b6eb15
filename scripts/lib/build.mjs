import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fingerprint, isBuilt, STAMP } from './freshness.mjs'
import { isInstalled, ROOT } from './project.mjs'
import { run, say, seconds } from './run.mjs'

const LOCK = join(ROOT, '.cache', 'build.lock')

/** A build takes a few seconds; a lock that old belongs to a process that died. */
const LOCK_STALE_MS = 120_000

/**
 * Builds `out/` where it is missing or older than the sources. Without sources (an installed copy) it is taken as it is.
 * @param node path of the Node to build with
 * @throws Error with the build's own output when it fails
 */
export async function buildWhenStale(node) {
  if (isBuilt()) return
  if (!isInstalled())
    throw new Error('Packages are missing or out of date: run "npm ci", or "npm start", which does it.')
  const release = await lock()
  try {
    if (!isBuilt()) await build(node)
  } finally {
    release()
  }
}

/** Builds in any case. Answers and throws as `buildWhenStale`. */
export async function build(node) {
  const stamp = fingerprint()
  const start = Date.now()
  say('Building')
  const cli = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const result = await run('building', node, [cli, 'build', '--logLevel', 'warn'])
  if (!result.ok) throw new Error(`The build failed:\n${withoutStack(result.output)}`)
  writeFileSync(STAMP, stamp)
  say(`Built in ${seconds(Date.now() - start)}`)
}

/** The bundler's own stack says nothing about what is wrong with the sources. */
function withoutStack(output) {
  const lines = output.trim().split('\n')
  return lines.filter((line) => !/^\s+at .*node_modules/.test(line)).join('\n')
}

/** Only one process builds at a time; the others wait for it. @returns releases the lock */
async function lock() {
  mkdirSync(dirname(LOCK), { recursive: true })
  for (;;) {
    try {
      mkdirSync(LOCK)
      return () => rmSync(LOCK, { recursive: true, force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    if (age > LOCK_STALE_MS) rmSync(LOCK, { recursive: true, force: true })
    else await sleep(100)
  }
}
