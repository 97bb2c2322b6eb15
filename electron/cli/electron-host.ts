import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { JS_FLAGS } from '../shell/wasm-flags.ts'
import { EXIT_FAILED } from './io.ts'
import { APP_DIR } from './paths.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where the executable lies in Electron's distribution (its package's install.js). */
const EXECUTABLE: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** What is in the way of a window. */
export type ElectronHost = { binary: string } | { reason: string }

/** Looks for Electron's binary and for a display. Fetches nothing: `npm start` does that. */
export function findElectron(env: Environment, platform: NodeJS.Platform = process.platform): ElectronHost {
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) {
    return { reason: 'this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' }
  }
  const dist = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(APP_DIR, 'node_modules', 'electron', 'dist')
  const binary = join(dist, EXECUTABLE[platform] ?? 'electron')
  return existsSync(binary)
    ? { binary }
    : { reason: `Electron’s binary is not there (${binary}); "npm start" fetches it` }
}

/**
 * Runs the app in Electron until it is closed.
 * @param options the command's options, as `TOCSIN_*` variables
 * @returns its exit status
 */
export async function runElectron(binary: string, options: Record<string, string>, env: Environment): Promise<number> {
  const { ELECTRON_RUN_AS_NODE: _plainNode, ...inherited } = env
  // A process group of its own: a signal to this one's group would reach Electron twice, and a second one means "at once".
  const detached = process.platform !== 'win32'
  const child = spawn(binary, [JS_FLAGS, APP_DIR], { stdio: 'inherit', detached, env: { ...inherited, ...options } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? EXIT_FAILED
}
