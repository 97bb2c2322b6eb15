import { constants } from 'node:fs'
import { link, open, rename, rm, unlink, type FileHandle } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { faultPoint } from '../../fault-point.ts'
import { syncFolder } from '../../private-file.ts'
import { UnknownOutcome } from '../action-definition.ts'
import { areSameFile, chunksOf, hashFile, isSameFile, isThere, openFile, type FileFacts } from './file-facts.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'

const PRIVATE_MODE = 0o600

/**
 * Moves an opened file into quarantine: manifest, move, check of what arrived, 0600. Whatever else arrived is put back.
 * @param source descriptor of the file that `manifest` describes
 * @throws TocsinError `file_swapped`, `file_denied`, what `check` throws (before anything was moved); UnknownOutcome
 */
export async function takeFile(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  source: FileHandle,
  check: () => void,
): Promise<void> {
  quarantine.write(manifest)
  faultPoint('quarantine:manifest')
  const target = quarantine.file(manifest.id)
  try {
    check()
    await rename(manifest.origin, target)
  } catch (error) {
    if (errorCode(error) === 'EXDEV') return await copyAcross(quarantine, { ...manifest, way: 'copy' }, source, check)
    quarantine.forget(manifest.id)
    throw moveFailure(manifest.origin, error)
  }
  faultPoint('quarantine:moved')
  syncFolder(dirname(manifest.origin))
  syncFolder(quarantine.folder(manifest.id))
  if (!(await isWhatWasMeant(target, manifest))) {
    await putBack(quarantine, manifest)
    throw swapped(manifest.origin)
  }
  faultPoint('quarantine:verified')
  await source.chmod(PRIVATE_MODE)
  await source.sync()
  faultPoint('quarantine:done')
}

/** Whether the file in quarantine is the one that the manifest describes. */
export async function isWhatWasMeant(path: string, facts: FileFacts & { way: Manifest['way'] }): Promise<boolean> {
  if (facts.way === 'rename' && !(await isSameFile(path, facts))) return false
  try {
    const file = await openFile(path)
    try {
      return (await hashFile(file, () => {})) === facts.sha256
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof TocsinError) return false
    throw error
  }
}

/**
 * Returns a thing that was moved by mistake to where it was, never over something else.
 * @throws UnknownOutcome when its place is taken: it stays in quarantine
 */
export async function putBack(quarantine: QuarantineFolder, manifest: Manifest): Promise<void> {
  const held = quarantine.file(manifest.id)
  try {
    await link(held, manifest.origin).catch(async (error: unknown) => {
      if (await areSameFile(held, manifest.origin)) return
      // Folders and some file systems have no hard links.
      if (await isThere(manifest.origin)) throw error
      await rename(held, manifest.origin)
    })
    syncFolder(dirname(manifest.origin))
    if (await isThere(held)) await unlink(held)
    quarantine.forget(manifest.id)
  } catch (error) {
    throw new UnknownOutcome(
      'quarantine_incomplete',
      `Another file than the approved one was moved and could not be put back (${errorMessage(error)}): it lies in ${held}, it was ${manifest.origin}.`,
      { cause: error },
    )
  }
}

/** From another file system: copy, flush, verify, then unlink the original, which until then stays as it is. */
async function copyAcross(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  source: FileHandle,
  check: () => void,
): Promise<void> {
  quarantine.write(manifest)
  const target = quarantine.file(manifest.id)
  try {
    await copyTo(`${target}.part`, source, manifest.sha256, check)
    await rename(`${target}.part`, target)
    syncFolder(quarantine.folder(manifest.id))
    faultPoint('quarantine:copied')
    const now = await source.stat({ bigint: true })
    const isUnchanged = String(now.mtimeNs) === manifest.mtimeNs && Number(now.size) === manifest.size
    if (!isUnchanged || !(await isSameFile(manifest.origin, manifest))) throw swapped(manifest.origin)
    await unlink(manifest.origin)
  } catch (error) {
    quarantine.forget(manifest.id)
    throw moveFailure(manifest.origin, error)
  }
  faultPoint('quarantine:unlinked')
  syncFolder(dirname(manifest.origin))
  faultPoint('quarantine:done')
}

/** A new file (never an existing one), 0600, flushed, whose bytes were counted into the expected hash. */
async function copyTo(path: string, source: FileHandle, sha256: string, check: () => void): Promise<void> {
  await rm(path, { force: true })
  const copy = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, PRIVATE_MODE)
  try {
    await copyInto(copy, source, sha256, check)
  } finally {
    await copy.close()
  }
}

/** @throws TocsinError `file_changing` when the copied bytes are not those of the hash */
export async function copyInto(copy: FileHandle, source: FileHandle, sha256: string, check: () => void): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, check)) {
    hash.update(chunk)
    await copy.writeFile(chunk)
  }
  await copy.sync()
  if (hash.digest('hex') !== sha256 || (await hashFile(copy, check)) !== sha256) {
    throw new TocsinError('file_changing', 'The file changed while it was copied: nothing was moved.')
  }
}

function swapped(origin: string): TocsinError {
  return new TocsinError(
    'file_swapped',
    `${origin} was replaced by another file while it was moved: that one is back in its place, nothing is in quarantine.`,
  )
}

function moveFailure(origin: string, error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  const code = errorCode(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new TocsinError('file_denied', `${origin} may not be moved by the user that runs Tocsin.`, { cause: error })
  }
  if (code === 'ENOENT') return new TocsinError('file_missing', `${origin} is not there.`, { cause: error })
  return new TocsinError('file_move', `${origin} could not be moved: ${errorMessage(error)}.`, { cause: error })
}
