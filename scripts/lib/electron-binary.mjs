import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './project.mjs'
import { run, say } from './run.mjs'

const PACKAGE = join(ROOT, 'node_modules', 'electron')
const DOWNLOAD_MS = 120_000

/** Where the executable lies inside a distribution, as electron's own install.js has it. */
const EXECUTABLE = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  mas: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** @returns path of Electron's executable (`ELECTRON_OVERRIDE_DIST_PATH`, else what was downloaded), or undefined */
export function electronBinary() {
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const path = join(dist ?? join(PACKAGE, 'dist'), EXECUTABLE[process.platform] ?? 'electron')
  if (!existsSync(path)) return undefined
  // An interrupted or older download has an executable, too.
  return dist !== undefined || downloadedVersion() === wantedVersion() ? path : undefined
}

/**
 * Why Electron cannot show a window here at all.
 * @returns a sentence, or undefined where nothing is in the way
 */
export function noWindowReason() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) {
    return 'this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)'
  }
  return undefined
}

/**
 * Downloads Electron's binary (its npm package does not hold it) where it is missing, within two minutes.
 * @returns undefined when it is there, else the reason why not
 */
export async function fetchElectron() {
  if (electronBinary() !== undefined) return undefined
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override !== undefined) return `ELECTRON_OVERRIDE_DIST_PATH is ${override}, which has no Electron`
  say(`Downloading Electron ${wantedVersion()} (about 120 MB)`)
  const options = { timeoutMs: DOWNLOAD_MS }
  const result = await run('downloading Electron', process.execPath, [join(PACKAGE, 'install.js')], options)
  if (result.timedOut) return `the download took longer than ${DOWNLOAD_MS / 1000} s`
  if (electronBinary() !== undefined) return undefined
  const message = result.output.split('\n').find((line) => line.includes('Error')) ?? `exit ${result.code}`
  return `the download from GitHub failed (${message.trim()})`
}

function wantedVersion() {
  return JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version
}

function downloadedVersion() {
  try {
    return readFileSync(join(PACKAGE, 'dist', 'version'), 'utf8')
      .trim()
      .replace(/^v/, '')
  } catch {
    return undefined
  }
}
