import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { FileIdentity, OpenFolder } from '../../files/open-folder.ts'
import { openPlace, type Place } from './place.ts'

/** Where files may be taken from, and what is never touched. */
export interface AllowedPlaces {
  /** Files at any depth below these folders. */
  roots: readonly string[]
  /** The data folder, the workspace, the app: by name, for the message. */
  protectedFolders: readonly { name: string; path: string }[]
}

/**
 * Opens the folder of a file with all links resolved, and judges what was opened: whatever the path leads to later, the place
 * is this one. The file's own name may still be a link.
 * @returns the place; the caller closes its folder
 * @throws TocsinError `file_path`, `file_missing`, `file_changing`, `folder_shared`, `file_outside_roots`, `file_protected`
 */
export async function allowedPlace(path: string, places: AllowedPlaces): Promise<Place> {
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
  if (!(await stat(folder).catch(() => null))?.isDirectory()) {
    throw new TocsinError('file_missing', `${path} is not there.`)
  }
  const place = await openPlace(join(folder, name)).catch((error: unknown) => {
    throw wayFailure(path, error)
  })
  try {
    await checkPlace(path, place.folder, places)
    return place
  } catch (error) {
    await place.folder.close()
    throw error
  }
}

/** What went wrong on the way to a file's folder. */
function wayFailure(path: string, error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
      return new TocsinError('file_changing', `A folder on the way to ${path} was replaced meanwhile: try again.`, {
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new TocsinError('file_denied', `${path} may not be reached by the user that runs Tocsin.`, {
        cause: error,
      })
    default:
      return new TocsinError('file_unreadable', `${path} cannot be reached: ${errorMessage(error)}.`, { cause: error })
  }
}

async function checkPlace(path: string, folder: OpenFolder, places: AllowedPlaces): Promise<void> {
  for (const { name: what, path: folderPath } of places.protectedFolders) {
    if ((await isWithin(folder, folderPath)) || isBelow(folder.path, await realOrSame(folderPath))) {
      throw new TocsinError('file_protected', `${path} lies in ${what}, whose files are never quarantined.`)
    }
  }
  for (const root of places.roots) if (await isWithin(folder, root)) return
  const roots = places.roots.join(', ')
  throw new TocsinError(
    'file_outside_roots',
    `${path} lies outside the folders that quarantine may touch (${roots}): Settings has the list.`,
  )
}

/** Whether an open folder is another one, or was reached through it: by what the folders are, not by their names. */
async function isWithin(folder: OpenFolder, other: string): Promise<boolean> {
  const identity = await stat(other, { bigint: true }).then(
    ({ dev, ino }): FileIdentity => ({ device: String(dev), inode: String(ino) }),
    () => null,
  )
  if (identity === null) return false
  return folder.way.some(({ device, inode }) => device === identity.device && inode === identity.inode)
}

/** The same by name: a packed app is no folder to the operating system. */
function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

async function realOrSame(path: string): Promise<string> {
  return realpath(path).catch(() => normalize(path))
}
