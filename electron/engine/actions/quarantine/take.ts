import { randomBytes } from 'node:crypto'
import { lstatSync, renameSync } from 'node:fs'
import { rename, rm, unlink, type FileHandle } from 'node:fs/promises'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { faultPoint } from '../../ports/fault-point.ts'
import { UnknownOutcome } from '../action-definition.ts'
import { copyInto, createFile } from './copy.ts'
import { closing, hashFile, isSameFile, narrow, openFile, type FileFacts } from './file-facts.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'
import { at, moveWithoutReplacing, pathOf, type Place } from './place.ts'
import { openStaging, removeStaging } from './staging.ts'

/** A file that was opened and judged, and the place that it was opened by. */
export interface Source {
  place: Place
  file: FileHandle
}

/**
 * Moves an opened file into quarantine: manifest, move, check of what arrived, 0600. Whatever else arrived is put back.
 * @param source what `manifest` describes
 * @throws TocsinError `file_swapped`, `file_denied`, what `check` throws (before anything was moved); UnknownOutcome
 */
export async function takeFile(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  source: Source,
  check: () => void,
): Promise<void> {
  quarantine.write(manifest)
  faultPoint('quarantine:manifest')
  const held = await quarantine.hold(manifest.id)
  try {
    if (moveHere(quarantine, manifest, source.place, held, check)) {
      await verifyMoved(quarantine, manifest, source, held)
    } else await copyAcross(quarantine, { ...manifest, way: 'copy' }, source, held, check)
  } finally {
    await held.folder.close()
  }
  faultPoint('quarantine:done')
}

/** @returns false when the place is on another file system */
function moveHere(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  from: Place,
  held: Place,
  check: () => void,
): boolean {
  try {
    if (!isThisFile(from, manifest)) throw swapped(manifest.origin, manifest.origin)
    check()
    renameSync(at(from), at(held))
    return true
  } catch (error) {
    if (errorCode(error) === 'EXDEV') return false
    quarantine.forget(manifest.id)
    throw moveFailure(manifest.origin, error)
  }
}

async function verifyMoved(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  { place, file }: Source,
  held: Place,
): Promise<void> {
  faultPoint('quarantine:moved')
  await place.folder.sync()
  await held.folder.sync()
  if (!(await isWhatWasMeant(at(held), manifest))) {
    throw swapped(manifest.origin, await putBack(quarantine, manifest, held, place))
  }
  faultPoint('quarantine:verified')
  await narrow(file)
  await file.sync()
}

/** Whether the file in quarantine is the one that the manifest describes. */
export async function isWhatWasMeant(path: string, facts: FileFacts & { way: Manifest['way'] }): Promise<boolean> {
  if (facts.way === 'rename' && !(await isSameFile(path, facts))) return false
  try {
    return (await closing(await openFile(path), (file) => hashFile(file, () => {}))) === facts.sha256
  } catch (error) {
    if (error instanceof TocsinError) return false
    throw error
  }
}

/**
 * Returns a thing that was moved by mistake to where it was, never over something else.
 * @returns its path
 * @throws UnknownOutcome when its place is taken: it stays in quarantine
 */
export async function putBack(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  held: Place,
  place: Place,
): Promise<string> {
  const path = await returnTo(held, place)
  quarantine.forget(manifest.id)
  return path
}

/** @returns where it lies: its path, or beside it where only a plain move works, which could replace something. @throws UnknownOutcome */
export async function returnTo(from: Place, place: Place): Promise<string> {
  try {
    return await moveWithoutReplacing(from, place).then(
      () => pathOf(place),
      async (error: unknown) => {
        if (errorCode(error) !== 'folder_shared') throw error
        const beside = { ...place, name: `${place.name}.${randomBytes(6).toString('hex')}` }
        await rename(at(from), at(beside))
        await place.folder.sync()
        return pathOf(beside)
      },
    )
  } catch (error) {
    throw new UnknownOutcome(
      'quarantine_incomplete',
      `Another file than the approved one was moved and could not be put back (${errorMessage(error)}): it lies in ${pathOf(from)}, it was ${pathOf(place)}.`,
      { cause: error },
    )
  }
}

/** From another file system: copy, flush, verify, then remove the original, which until then stays as it is. */
async function copyAcross(
  quarantine: QuarantineFolder,
  manifest: Manifest,
  source: Source,
  held: Place,
  check: () => void,
): Promise<void> {
  quarantine.write(manifest)
  try {
    const part = { ...held, name: `${held.name}.part` }
    await rm(at(part), { force: true })
    await closing(await createFile(at(part)), (copy) => copyInto(copy, source.file, manifest.sha256, check))
    await rename(at(part), at(held))
    await held.folder.sync()
    faultPoint('quarantine:copied')
    check()
    await removeOriginal(manifest, source)
  } catch (error) {
    await removeStaging(source.place.folder, manifest.id)
    // What could not be put back is told with its place, and the copy beside it stays.
    if (!(error instanceof UnknownOutcome)) quarantine.forget(manifest.id)
    throw moveFailure(manifest.origin, error)
  }
  faultPoint('quarantine:unlinked')
  quarantine.write({ ...manifest, isOriginalGone: true })
  await removeStaging(source.place.folder, manifest.id)
  await source.place.folder.sync()
}

/**
 * Removes the original by way of a folder of ours on its own file system: what was moved there can be looked at before it
 * goes for good, and nobody can put another file in its place meanwhile.
 */
async function removeOriginal(manifest: Manifest, { place, file }: Source): Promise<void> {
  if (!isThisFile(place, manifest)) throw swapped(manifest.origin, manifest.origin)
  const staged = await openStaging(place.folder, manifest.id)
  try {
    renameSync(at(place), at(staged))
    faultPoint('quarantine:staged')
    const refusal = await whyNotRemoved(manifest, staged, file)
    if (refusal !== null) {
      const path = await returnTo(staged, place)
      throw refusal(path)
    }
    await unlink(at(staged))
  } finally {
    await staged.folder.close()
  }
}

/** The last look before the original goes: that it is the file that was copied, and as it was copied. */
async function whyNotRemoved(
  manifest: Manifest,
  staged: Place,
  file: FileHandle,
): Promise<((path: string) => TocsinError) | null> {
  const isSame = await isSameFile(at(staged), manifest)
  if (!isSame) return (path) => swapped(manifest.origin, path)
  const sha256 = await hashFile(file, () => {}).catch(() => null)
  if (sha256 === manifest.sha256) return null
  return (path) => new TocsinError('file_changing', `${path} was written to while it was copied: it is where it was.`)
}

function isThisFile(place: Place, { device, inode }: FileFacts): boolean {
  const stats = lstatSync(at(place), { bigint: true, throwIfNoEntry: false })
  return stats !== undefined && String(stats.dev) === device && String(stats.ino) === inode
}

function swapped(origin: string, path: string): TocsinError {
  const place = path === origin ? 'where it was' : `at ${path}`
  return new TocsinError(
    'file_swapped',
    `${origin} was replaced by another file while it was moved: that one is ${place}, nothing is in quarantine.`,
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
