import { constants } from 'node:fs'
import { link, lstat, open, realpath, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { faultPoint } from '../../fault-point.ts'
import { syncFolder } from '../../private-file.ts'
import { isSameFile, isThere, openFile } from './file-facts.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'
import { copyInto, isWhatWasMeant } from './take.ts'

const PRIVATE_MODE = 0o600
/** Without the owner these bits would give another user's rights away. */
const SETUID_SETGID = 0o6000

/** What makes `link` impossible although the place is free: another file system, or one without hard links. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'])

/**
 * Puts a quarantined file back where it was, with mode, owner (where permitted) and times, never over something else.
 * @returns the manifest with `restored` set
 * @throws TocsinError `restore_exists`, `restore_folder`, `quarantine_damaged`, `file_denied`, what `check` throws
 */
export async function giveBack(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  key: string,
  at: number,
  check: () => void,
): Promise<Manifest> {
  await checkRestorable(quarantine, manifest)
  const restoring = { ...manifest, restoring: { key, device: null, inode: null } }
  quarantine.write(restoring)
  faultPoint('restore:intent')
  const held = quarantine.file(manifest.id)
  const file = await openFile(held)
  try {
    check()
    await restoreMetadata(file, manifest)
    faultPoint('restore:metadata')
    try {
      await link(held, manifest.origin)
    } catch (error) {
      await file.chmod(PRIVATE_MODE)
      if (!NO_LINK.has(errorCode(error))) throw placeFailure(manifest.origin, error)
      await copyOut(quarantine, restoring, file, check)
    }
  } finally {
    await file.close()
  }
  faultPoint('restore:linked')
  return await finishRestore(quarantine, restoring, key, at)
}

/** The last steps, which a restart repeats: the file is in its place, the quarantined name goes, the manifest says so. */
export async function finishRestore(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  key: string,
  at: number,
): Promise<Manifest> {
  syncFolder(dirname(manifest.origin))
  const held = quarantine.file(manifest.id)
  if (await isThere(held)) await unlink(held)
  syncFolder(quarantine.folder(manifest.id))
  faultPoint('restore:unlinked')
  const { uid, gid } = await lstat(manifest.origin)
  const done = { ...manifest, restored: { key, at, isOwnerRestored: uid === manifest.uid && gid === manifest.gid } }
  quarantine.write(done)
  faultPoint('restore:done')
  return done
}

/** @throws TocsinError when it can be seen now that the file cannot go back */
export async function checkRestorable(quarantine: QuarantineFolder, manifest: Manifest): Promise<void> {
  const { origin, id } = manifest
  if (manifest.restored !== null) {
    throw new TocsinError('restore_done', `${origin} was put back already; nothing of it is in quarantine.`)
  }
  if (!(await isWhatWasMeant(quarantine.file(id), manifest))) {
    throw new TocsinError(
      'quarantine_damaged',
      `What lies in ${quarantine.folder(id)} is not the file that was put there: look before you move it by hand.`,
    )
  }
  const folder = dirname(origin)
  if ((await realpath(folder).catch(() => null)) !== folder) {
    throw new TocsinError(
      'restore_folder',
      `The folder ${folder} is gone or became a link: make it again, then restore.`,
    )
  }
  if (await isThere(origin)) throw taken(origin)
}

/** Owner first: changing it clears setuid. Who may not give a file away keeps it, without those bits. */
async function restoreMetadata(file: FileHandle, manifest: Manifest): Promise<void> {
  const now = await file.stat({ bigint: true })
  let isOwner = Number(now.uid) === manifest.uid && Number(now.gid) === manifest.gid
  if (!isOwner) {
    isOwner = await file.chown(manifest.uid, manifest.gid).then(
      () => true,
      () => false,
    )
  }
  await file.chmod(isOwner ? manifest.mode : manifest.mode & ~SETUID_SETGID)
  // Node sets times as floating-point seconds, which blurs nanoseconds: leave them alone where they are still right.
  if (String(now.mtimeNs) !== manifest.mtimeNs || String(now.atimeNs) !== manifest.atimeNs) {
    await file.utimes(Number(manifest.atimeNs) / 1e9, Number(manifest.mtimeNs) / 1e9)
  }
}

async function copyOut(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  source: FileHandle,
  check: () => void,
): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR
  const copy = await open(manifest.origin, flags, PRIVATE_MODE).catch((error: unknown) => {
    throw placeFailure(manifest.origin, error)
  })
  try {
    const { dev, ino } = await copy.stat({ bigint: true })
    const restoring = { key: manifest.restoring?.key ?? '', device: String(dev), inode: String(ino) }
    quarantine.write({ ...manifest, restoring })
    faultPoint('restore:copying')
    await copyInto(copy, source, manifest.sha256, check)
    await restoreMetadata(copy, manifest)
    await copy.sync()
  } catch (error) {
    await unlink(manifest.origin)
    throw error
  } finally {
    await copy.close()
  }
}

/** After a crash: the copy that a restore began and did not finish is in the file's place. */
export async function isOwnCopy(manifest: Manifest): Promise<boolean> {
  const { device, inode } = manifest.restoring ?? { device: null, inode: null }
  return device !== null && inode !== null && (await isSameFile(manifest.origin, { device, inode }))
}

function placeFailure(origin: string, error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  const code = errorCode(error)
  if (code === 'EEXIST') return taken(origin)
  if (code === 'EACCES' || code === 'EROFS') {
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
