import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The program's root: sources and bundle lie two folders below it. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The built page. */
export const RENDERER_DIR = join(ROOT, 'out', 'renderer')

/** What an empty workspace is filled from. */
export const STARTER_DIR = join(ROOT, 'policies')

/** What `tocsin new` writes. */
export const TEMPLATE_DIR = join(ROOT, 'template')

export const APP_DIR = ROOT

/** @returns `X.Y.Z` */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version // our own file
}

/** Where a platform keeps an application's data (`interfaces.md` §3). */
export function defaultDataDir(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Tocsin')
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Tocsin')
  return join(homedir(), '.local', 'share', 'tocsin')
}
