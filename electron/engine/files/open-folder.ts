import { constants, existsSync } from 'node:fs'
import { lstat, mkdir, open, realpath, rmdir, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, parse, relative, sep } from 'node:path'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'

/** How a folder is held on to: by its descriptor, or, where names cannot be taken relative to one, by who may change it. */
export type FolderWay = 'descriptors' | 'owners'

const IS_LINUX = process.platform === 'linux'
const WAY: FolderWay = IS_LINUX && existsSync('/proc/self/fd') ? 'descriptors' : 'owners'

/** Linux: holds a folder without the right to list it (`open(2)`; Node has no name for it). */
const O_PATH = 0o10000000
const HOLD = IS_LINUX ? O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW : constants.O_RDONLY
const LIST = IS_LINUX ? constants.O_RDONLY | constants.O_DIRECTORY : constants.O_RDONLY

const OTHERS_WRITE = 0o022
const STICKY = 0o1000

/** What identifies a file or a folder, as decimal text. */
export interface FileIdentity {
  device: string
  inode: string
}

/**
 * A folder that stays the one that was opened, whatever its path leads to meanwhile. It is reached from the root, one name
 * after the other, following no link, so whoever may rename a folder on the way leads nothing anywhere else.
 */
export class OpenFolder {
  /** The path by which it was reached; for people. */
  readonly path: string
  /** Every folder from the root down to this one. */
  readonly way: readonly FileIdentity[]
  readonly #handle: FileHandle | null

  private constructor(path: string, way: readonly FileIdentity[], handle: FileHandle | null) {
    this.path = path
    this.way = way
    this.#handle = handle
  }

  /**
   * @param path absolute and without links
   * @throws TocsinError `folder_shared` where the folder cannot be held and others may change the way to it; what the file
   * system throws, for a link on the way as well
   */
  static async open(path: string, way: FolderWay = WAY): Promise<OpenFolder> {
    const { root } = parse(path)
    const names = relative(root, path).split(sep)
    let folder = await OpenFolder.#openRoot(root, way)
    for (const name of names) {
      if (name === '') continue
      const above = folder
      try {
        folder = await above.child(name)
      } finally {
        await above.close()
      }
    }
    return folder
  }

  /** The same for a path that may hold links: they are resolved once, before anything is opened. */
  static async openReal(path: string, way: FolderWay = WAY): Promise<OpenFolder> {
    return OpenFolder.open(await realpath(path), way)
  }

  static async #openRoot(root: string, way: FolderWay): Promise<OpenFolder> {
    if (way === 'owners') return new OpenFolder(root, [await ownersOnly(root)], null)
    const handle = await open(root, HOLD)
    return new OpenFolder(root, [await identityOf(handle)], handle)
  }

  /** The place of a name in this folder, for calls of `node:fs` that follow no link in the last place. */
  at(name: string): string {
    return this.#handle === null ? join(this.path, name) : `/proc/self/fd/${this.#handle.fd}/${name}`
  }

  /** Opens a folder in this one. @throws what the file system throws, for a link as well; TocsinError `folder_shared` */
  async child(name: string): Promise<OpenFolder> {
    const path = join(this.path, name)
    if (this.#handle === null) return new OpenFolder(path, [...this.way, await ownersOnly(path)], null)
    const handle = await open(this.at(name), HOLD)
    try {
      return new OpenFolder(path, [...this.way, await identityOf(handle)], handle)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Opens a folder in this one and makes it where there is none. */
  async childOrNew(name: string, mode = 0o777): Promise<OpenFolder> {
    await mkdir(this.at(name), { mode }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
    return this.child(name)
  }

  /**
   * Opens a folder in this one that nobody else can change, and makes it where there is none.
   * @throws TocsinError `folder_shared` when there is one that others can change
   */
  async privateChild(name: string): Promise<OpenFolder> {
    const folder = await this.childOrNew(name, 0o700)
    if (await folder.isOwn()) return folder
    await folder.close()
    throw shared(folder.path)
  }

  /** Whether it belongs to the user that runs this, and nobody else may write into it. */
  async isOwn(): Promise<boolean> {
    const { uid, mode } = this.#handle === null ? await lstat(this.path) : await this.#handle.stat()
    return process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS_WRITE) === 0)
  }

  /** Makes renames and removals in it durable. Who may not list it cannot ask for that; the file system does it by itself. */
  async sync(): Promise<void> {
    if (process.platform === 'win32') return
    try {
      const listed = await open(this.#handle === null ? this.path : `/proc/self/fd/${this.#handle.fd}`, LIST)
      try {
        await listed.sync()
      } finally {
        await listed.close()
      }
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw error
    }
  }

  /** Removes an empty folder in this one; one that holds something or is none stays. */
  async removeEmpty(name: string): Promise<void> {
    await rmdir(this.at(name)).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

/** @returns which folder on the way to this one others could replace, in words; null where there is none, or no folder */
export async function sharedOnTheWay(path: string): Promise<string | null> {
  try {
    await OpenFolder.openReal(path, 'owners')
    return null
  } catch (error) {
    return errorCode(error) === 'folder_shared' ? errorMessage(error) : null
  }
}

async function identityOf(handle: FileHandle): Promise<FileIdentity> {
  const { dev, ino } = await handle.stat({ bigint: true })
  return { device: String(dev), inode: String(ino) }
}

/**
 * A real folder that only its owner and the administrator can replace: it is theirs, and so is every folder above it. In a
 * sticky folder (the temporary one) others can add names but not touch this one.
 */
async function ownersOnly(path: string): Promise<FileIdentity> {
  const stats = await lstat(path, { bigint: true })
  if (!stats.isDirectory()) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
  if (process.getuid === undefined) {
    // Windows tells nothing of who may change a folder; a user's own profile is that user's.
    if (isUpward(relative(path, homedir())) && isUpward(relative(homedir(), path))) throw shared(path)
  } else {
    const isOwned = [0, process.getuid()].includes(Number(stats.uid))
    const isOpen = (Number(stats.mode) & OTHERS_WRITE) !== 0 && (Number(stats.mode) & STICKY) === 0
    if (!isOwned || isOpen) throw shared(path)
  }
  return { device: String(stats.dev), inode: String(stats.ino) }
}

function isUpward(way: string): boolean {
  return way.startsWith('..') || isAbsolute(way)
}

function shared(path: string): TocsinError {
  return new TocsinError('folder_shared', `${path} can be changed by other users while something is done in it.`)
}
