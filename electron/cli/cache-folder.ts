import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where a command without a data folder keeps what saves it work: `TOCSIN_CACHE`, else the platform's place.
 * @returns an absolute path; null where the environment names none; everything works without
 */
export function cacheFolder(env: Environment, platform: NodeJS.Platform = process.platform): string | null {
  const folder = env['TOCSIN_CACHE'] ?? platformFolder(env, platform)
  return folder !== null && isAbsolute(folder) ? folder : null
}

function platformFolder(env: Environment, platform: NodeJS.Platform): string | null {
  const { HOME, XDG_CACHE_HOME, LOCALAPPDATA } = env
  if (platform === 'win32') return LOCALAPPDATA ? join(LOCALAPPDATA, 'Tocsin', 'Cache') : null
  if (platform === 'darwin') return HOME ? join(HOME, 'Library', 'Caches', 'Tocsin') : null
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'tocsin')
  return HOME ? join(HOME, '.cache', 'tocsin') : null
}
