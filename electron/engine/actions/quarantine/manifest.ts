import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import { makePrivateFolder, syncFolder, writePrivateFile } from '../../files/private-file.ts'
import { OpenFolder } from '../../files/open-folder.ts'
import type { FileFacts } from './file-facts.ts'
import type { Place } from './place.ts'

/** The one file in quarantine. */
export const HELD_NAME = 'file'
const MANIFEST = 'manifest.json'

const factsSchema = z.object({
  device: z.string(),
  inode: z.string(),
  uid: z.number(),
  gid: z.number(),
  mode: z.number(),
  size: z.number(),
  links: z.number(),
  atimeNs: z.string(),
  mtimeNs: z.string(),
  sha256: z.string(),
}) satisfies z.ZodType<FileFacts>

const manifestSchema = factsSchema.extend({
  version: z.literal(1),
  id: z.string(),
  /** The attempt that moved it; a restart finds the folder by it. */
  key: z.string(),
  /** Real path of where the file was. */
  origin: z.string(),
  /** The folder that the file was in: what has its path later may be another one. */
  folderInode: z.string(),
  /** How it got here: `rename` keeps device and inode, `copy` came from another file system. */
  way: z.enum(['rename', 'copy']),
  /** Of a copy: the original was removed. */
  isOriginalGone: z.boolean(),
  quarantinedAt: z.number(),
  /** Set before a restore touches anything; `inode` is that of the copy it made, if it had to copy. */
  restoring: z.object({ key: z.string(), device: z.string().nullable(), inode: z.string().nullable() }).nullable(),
  restored: z.object({ key: z.string(), at: z.number(), isOwnerRestored: z.boolean() }).nullable(),
})
export type Manifest = z.infer<typeof manifestSchema>

/** The data folder's `quarantine/`: one folder per file, `<uuid>/file` beside `<uuid>/manifest.json`, 0700 and 0600. */
export class QuarantineFolder {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** The same id for every try of one attempt, so that a restart finds what the first try left. */
  idOf(key: string): string {
    const hex = createHash('sha256').update(`quarantine ${key}`).digest('hex')
    // RFC 9562, version 8: the digits are our own.
    const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `8${hex.slice(13, 16)}`,
      variant + hex.slice(17, 20),
      hex.slice(20, 32),
    ].join('-')
  }

  folder(id: string): string {
    return join(this.#root, id)
  }

  file(id: string): string {
    return join(this.#root, id, HELD_NAME)
  }

  /**
   * Opens the folder of one quarantine and holds on to it.
   * @returns the file's place in it; the caller closes the folder
   * @throws TocsinError `folder_shared` when others could change what is in it
   */
  async hold(id: string): Promise<Place> {
    const folder = await OpenFolder.openReal(this.folder(id))
    if (await folder.isOwn()) return { folder, name: HELD_NAME }
    await folder.close()
    throw new TocsinError(
      'folder_shared',
      `${this.folder(id)} can be changed by other users: it must belong to the user that runs Tocsin, with mode 0700.`,
    )
  }

  /**
   * @returns null when there is no such quarantine
   * @throws TocsinError `quarantine_damaged`
   */
  read(id: string): Manifest | null {
    const path = join(this.folder(id), MANIFEST)
    if (!existsSync(path)) return null
    try {
      return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch (error) {
      throw new TocsinError(
        'quarantine_damaged',
        `${path} cannot be read: the file beside it is what was quarantined.`,
        { cause: error },
      )
    }
  }

  /** On disk when it returns: what comes after may be undone by it. */
  write(manifest: Manifest): void {
    const folder = this.folder(manifest.id)
    makePrivateFolder(this.#root)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writePrivateFile(join(folder, MANIFEST), JSON.stringify(manifest, null, 2))
    syncFolder(this.#root)
    syncFolder(dirname(this.#root))
  }

  /** Forgets a quarantine that holds no file. */
  forget(id: string): void {
    const folder = this.folder(id)
    if (!existsSync(folder)) return
    rmSync(folder, { recursive: true, force: true })
    syncFolder(this.#root)
  }
}
