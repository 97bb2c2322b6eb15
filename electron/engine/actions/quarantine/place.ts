import { link, lstat, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorCode, TocsinError } from '../../../../shared/errors.ts'
import { OpenFolder } from '../../files/open-folder.ts'
import { areSameFile, isThere } from './file-facts.ts'

/** What makes `link` impossible although the place is free: another file system, or one without hard links. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'])

/** A name in an open folder. What is done to a file is done by this, never by its path, which may lead elsewhere by then. */
export interface Place {
  folder: OpenFolder
  name: string
}

/** For calls of `node:fs`. */
export function at({ folder, name }: Place): string {
  return folder.at(name)
}

/** For people. */
export function pathOf({ folder, name }: Place): string {
  return join(folder.path, name)
}

/** The inode of the folder that a place is in. */
export function inodeOf({ folder }: Place): string {
  return folder.way.at(-1)?.inode ?? ''
}

/** @param path real: no link is followed on the way. @throws what `OpenFolder.open` throws; the caller closes the folder */
export async function openPlace(path: string): Promise<Place> {
  return { folder: await OpenFolder.open(dirname(path)), name: basename(path) }
}

/** Whether a failure of `link` says nothing of the place itself. */
export function isWithoutLinks(error: unknown): boolean {
  return NO_LINK.has(errorCode(error))
}

/**
 * Gives a file, or whatever else lies at `from`, the name `to` on the same file system, never over something else, and takes
 * the old name away. `from` lies in a folder that only we can change.
 * @throws what the file system throws; EEXIST when the place is taken
 */
export async function moveWithoutReplacing(from: Place, to: Place): Promise<void> {
  try {
    await link(at(from), at(to))
  } catch (error) {
    if (!(await areSameFile(at(from), at(to)))) {
      // Folders and some file systems have no hard links; a plain move replaces, so nobody else may add names meanwhile.
      const isFolder = await lstat(at(from)).then((stats) => stats.isDirectory())
      if (!isWithoutLinks(error) || errorCode(error) === 'EXDEV') throw error
      if (!isFolder && !(await to.folder.isOwn())) {
        throw new TocsinError('folder_shared', `${to.folder.path} has no hard links, and others can write into it.`)
      }
      if (await isThere(at(to))) throw Object.assign(new Error(`${pathOf(to)} is taken`), { code: 'EEXIST' })
      await rename(at(from), at(to))
    }
  }
  await to.folder.sync()
  if (await isThere(at(from))) await unlink(at(from))
}
