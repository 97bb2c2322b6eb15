import { link, lstat, rm, type FileHandle } from 'node:fs/promises'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { faultPoint } from '../../ports/fault-point.ts'
import { copyInto, createFile } from './copy.ts'
import { areSameFile, isSameFile, isThere, narrow, openFile, PERMISSION_BITS } from './file-facts.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'
import { at, isWithoutLinks, moveWithoutReplacing, openPlace, type Place } from './place.ts'
import { discardStaging, openStaging, removeStaging } from './staging.ts'
import { isWhatWasMeant } from './take.ts'

/** Without the owner these bits would give another user's rights away. */
const SETUID_SETGID = 0o6000

/** The attempt that restores, and when (epoch ms). */
export interface Restore {
  key: string
  at: number
}

/** Both ends of a restore, in open folders. */
export interface Ends {
  held: Place
  /** Where the file was and goes. */
  place: Place
}

/**
 * Opens both ends and checks that the file can go back now. The caller closes both folders.
 * @throws TocsinError `restore_done`, `restore_exists`, `restore_folder`, `quarantine_damaged`, `folder_shared`
 */
export async function openRestorable(quarantine: QuarantineFolder, manifest: Manifest): Promise<Ends> {
  if (manifest.restored !== null) {
    throw new TocsinError('restore_done', `${manifest.origin} was put back already; nothing of it is in quarantine.`)
  }
  const held = await quarantine.hold(manifest.id)
  const place = await openOrigin(manifest).catch(async (error: unknown) => {
    await held.folder.close()
    throw error
  })
  try {
    if (!(await isWhatWasMeant(at(held), manifest))) {
      throw new TocsinError(
        'quarantine_damaged',
        `What lies in ${quarantine.folder(manifest.id)} is not the file that was put there: look before you move it by hand.`,
      )
    }
    if (await isThere(at(place))) throw taken(manifest.origin)
    return { held, place }
  } catch (error) {
    await closeEnds({ held, place })
    throw error
  }
}

export async function closeEnds({ held, place }: Ends): Promise<void> {
  await held.folder.close()
  await place.folder.close()
}

/** The place where the file was; its folder may have been made again since. @throws TocsinError `restore_folder`, `folder_shared` */
export function openOrigin({ origin }: Manifest): Promise<Place> {
  return openPlace(origin).catch((error: unknown) => {
    if (error instanceof TocsinError) throw error
    throw new TocsinError(
      'restore_folder',
      `The folder of ${origin} is gone or became a link: make it again, then restore.`,
      { cause: error },
    )
  })
}

/**
 * Puts a quarantined file back where it was, with mode, owner (where permitted) and times, never over something else.
 * @returns the manifest with `restored` set
 * @throws TocsinError `restore_exists`, `restore_failed`, `file_denied`, what `check` throws
 */
export async function giveBack(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  ends: Ends,
  restore: Restore,
  check: () => void,
): Promise<Manifest> {
  let restoring: Manifest = { ...manifest, restoring: { key: restore.key, device: null, inode: null } }
  quarantine.write(restoring)
  faultPoint('restore:intent')
  const file = await openFile(at(ends.held))
  try {
    check()
    await restoreMetadata(file, manifest)
    faultPoint('restore:metadata')
    try {
      await link(at(ends.held), at(ends.place))
    } catch (error) {
      await narrow(file)
      if (!isWithoutLinks(error)) throw placeFailure(manifest.origin, error)
      restoring = await copyOut(quarantine, restoring, ends, file, check)
    }
    faultPoint('restore:linked')
    if (!(await isBack(restoring, ends))) {
      await narrow(file)
      throw new TocsinError(
        'restore_failed',
        `${manifest.origin} was replaced as soon as it was back: the file is still in quarantine as well.`,
      )
    }
  } finally {
    await file.close()
  }
  return await finishRestore(quarantine, restoring, ends, restore)
}

/** Whether what lies in the file's place is the file, or the copy that this restore made of it. */
export async function isBack({ restoring }: Manifest, { held, place }: Ends): Promise<boolean> {
  const { device, inode } = restoring ?? { device: null, inode: null }
  if (device !== null && inode !== null && (await isSameFile(at(place), { device, inode }))) return true
  return await areSameFile(at(held), at(place))
}

/** The last steps, which a restart repeats: the file is in its place, the quarantined name goes, the manifest says so. */
export async function finishRestore(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  { held, place }: Ends,
  { key, at: now }: Restore,
): Promise<Manifest> {
  await place.folder.sync()
  await rm(at(held), { force: true })
  await held.folder.sync()
  await discardStaging(place.folder, manifest.id)
  faultPoint('restore:unlinked')
  const isOwnerRestored = await lstat(at(place)).then(
    ({ uid, gid }) => uid === manifest.uid && gid === manifest.gid,
    () => false,
  )
  const done = { ...manifest, restored: { key, at: now, isOwnerRestored } }
  quarantine.write(done)
  faultPoint('restore:done')
  return done
}

/**
 * Owner first: changing it clears setuid. Who may not give a file away keeps it, without those bits. A file with further
 * names was left as it was, and is; another user's keeps what only that user may change.
 */
async function restoreMetadata(file: FileHandle, manifest: Manifest): Promise<void> {
  const now = await file.stat({ bigint: true })
  if (now.nlink > 1n) return
  const wasOwner = Number(now.uid) === manifest.uid && Number(now.gid) === manifest.gid
  let isOwner = wasOwner
  if (!wasOwner) {
    isOwner = await file.chown(manifest.uid, manifest.gid).then(
      () => true,
      () => false,
    )
  }
  const mode = isOwner ? manifest.mode : manifest.mode & ~SETUID_SETGID
  if (!wasOwner || Number(now.mode & PERMISSION_BITS) !== mode) await file.chmod(mode).catch(unlessNotOurs)
  // Node sets times as floating-point seconds, which blurs nanoseconds: leave them alone where they are still right.
  if (String(now.mtimeNs) !== manifest.mtimeNs || String(now.atimeNs) !== manifest.atimeNs) {
    await file.utimes(Number(manifest.atimeNs) / 1e9, Number(manifest.mtimeNs) / 1e9).catch(unlessNotOurs)
  }
}

function unlessNotOurs(error: unknown): void {
  if (errorCode(error) !== 'EPERM') throw error
}

/** To another file system: the copy is made ready in a folder of ours there, and appears in its place as a whole. */
async function copyOut(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  { place }: Ends,
  source: FileHandle,
  check: () => void,
): Promise<Manifest> {
  await discardStaging(place.folder, manifest.id)
  const staged = await openStaging(place.folder, manifest.id).catch((error: unknown) => {
    throw placeFailure(manifest.origin, error)
  })
  try {
    const copy = await createFile(at(staged))
    try {
      faultPoint('restore:copying')
      await copyInto(copy, source, manifest.sha256, check)
      await restoreMetadata(copy, manifest)
      await copy.sync()
      const { dev, ino } = await copy.stat({ bigint: true })
      const restoring = { key: manifest.restoring?.key ?? '', device: String(dev), inode: String(ino) }
      quarantine.write({ ...manifest, restoring })
      await moveWithoutReplacing(staged, place)
      return { ...manifest, restoring }
    } finally {
      await copy.close()
    }
  } catch (error) {
    throw placeFailure(manifest.origin, error)
  } finally {
    await rm(at(staged), { force: true })
    await staged.folder.close()
    await removeStaging(place.folder, manifest.id)
  }
}

function placeFailure(origin: string, error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  const code = errorCode(error)
  if (code === 'EEXIST') return taken(origin)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new TocsinError('file_denied', `${origin} may not be written by the user that runs Tocsin.`, {
      cause: error,
    })
  }
  return new TocsinError('restore_failed', `${origin} could not be put back: ${errorMessage(error)}.`, { cause: error })
}

function taken(origin: string): TocsinError {
  return new TocsinError(
    'restore_exists',
    `There is something at ${origin} now, and a restore overwrites nothing: move it away, then restore.`,
  )
}
