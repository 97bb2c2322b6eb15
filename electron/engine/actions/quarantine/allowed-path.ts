import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path'
import { TocsinError } from '../../../../shared/errors.ts'

/** Where files may be taken from, and what is never touched. */
export interface AllowedPlaces {
  /** Files at any depth below these folders. */
  roots: readonly string[]
  /** The data folder, the workspace, the app: by name, for the message. */
  protectedFolders: readonly { name: string; path: string }[]
}

/**
 * The real place of a file: its folder with all links resolved, and its own name, which may still be a link.
 * @throws TocsinError `file_path`, `file_missing`, `file_outside_roots`, `file_protected`
 */
export async function allowedPath(path: string, places: AllowedPlaces): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new TocsinError('file_path', `"${path}" is no absolute path.`)
  }
  const clean = normalize(path)
  const name = basename(clean)
  if (name === '' || clean.endsWith(sep))
    throw new TocsinError('file_path', `${path} is a folder: only files can be quarantined.`)
  const folder = await realpath(dirname(clean)).catch((error: unknown) => {
    throw new TocsinError('file_missing', `${path} is not there.`, { cause: error })
  })
  const real = join(folder, name)
  for (const { name: what, path: folderPath } of places.protectedFolders) {
    if (isInside(real, await realOrSame(folderPath))) {
      throw new TocsinError('file_protected', `${path} lies in ${what}, whose files are never quarantined.`)
    }
  }
  for (const root of places.roots) if (isInside(real, await realOrSame(root))) return real
  const roots = places.roots.join(', ')
  throw new TocsinError(
    'file_outside_roots',
    `${path} lies outside the folders that quarantine may touch (${roots}): Settings has the list.`,
  )
}

/** Whether a path lies below a folder, at any depth; the folder itself does not. Both are real paths. */
function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

async function realOrSame(path: string): Promise<string> {
  return realpath(path).catch(() => normalize(path))
}
