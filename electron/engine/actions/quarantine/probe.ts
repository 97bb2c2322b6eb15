import { unlink } from 'node:fs/promises'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Intent, ProbeOutcome } from '../action-port.ts'
import { closing, isSameFile, isThere, narrow, openFile } from './file-facts.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'
import { at, inodeOf, openPlace, type Place } from './place.ts'
import { findStaging, removeStaging } from './staging.ts'
import { isWhatWasMeant, putBack, returnTo } from './take.ts'

/** What `file.quarantine` answers. A file is where it was before, or it cannot be taken: it is never *so already*. */
export function takenResult(manifest: Manifest): JsonObject {
  const { id, origin, sha256, size, mode, uid, gid, quarantinedAt } = manifest
  const before = { path: origin, sha256, mode: mode.toString(8).padStart(4, '0'), uid, gid }
  const quarantined = { quarantine_id: id, path: origin, sha256, size }
  return { ...quarantined, quarantined_at: new Date(quarantinedAt).toISOString(), changed: true, before }
}

/** What a restart finds. The manifest is written before the move, so without one nothing was moved. */
export async function probeTaken(folder: QuarantineFolder, intent: Intent): Promise<ProbeOutcome> {
  const id = folder.idOf(intent.key)
  const manifest = folder.read(id)
  if (manifest === null) return notDone(folder, id)
  if (manifest.restored !== null) return { state: 'done', result: takenResult(manifest) }
  const held = await folder.hold(id)
  const place = await openPlace(manifest.origin).catch(() => null)
  try {
    if (!(await isThere(at(held)))) return notDone(folder, id)
    if (manifest.way === 'copy') return await probeCopy(folder, manifest, held, place)
    if (await isWhatWasMeant(at(held), manifest)) return await finish(manifest, held)
    if (place === null || inodeOf(place) !== manifest.folderInode) return movedWrong(folder, manifest)
    await putBack(folder, manifest, held, place)
    return { state: 'not_done' }
  } finally {
    await place?.folder.close()
    await held.folder.close()
  }
}

/** Another file was moved, and nobody has looked yet. It goes back into the folder that it came from, and into no other. */
function movedWrong(folder: QuarantineFolder, { id, origin }: Manifest): ProbeOutcome {
  return {
    state: 'unknown',
    message: `Another file than the approved one was moved, and the folder of ${origin} is another one or gone: it lies in ${folder.file(id)}.`,
  }
}

/** The copy counts once the original is gone; until then the original is what there is. */
async function probeCopy(
  folder: QuarantineFolder,
  manifest: Manifest,
  held: Place,
  place: Place | null,
): Promise<ProbeOutcome> {
  const { id, origin } = manifest
  const isStagedEmpty = place !== null && (await settleStaged(manifest, held, place))
  const isOriginThere = place !== null && (await isThere(at(place)))
  if (!(await isWhatWasMeant(at(held), manifest))) {
    if (isOriginThere) return notDone(folder, id)
    return {
      state: 'unknown',
      message: `${origin} is gone and the copy in ${folder.folder(id)} differs from it: look at both.`,
    }
  }
  if (manifest.isOriginalGone || !isOriginThere) return await finish(manifest, held)
  if (await isSameFile(at(place), manifest)) return notDone(folder, id)
  if (!isStagedEmpty) return notDone(folder, id) // the original was never touched: another file has its name
  return {
    state: 'unknown',
    message: `${origin} is another file, and whether the original was removed cannot be seen: its copy lies in ${folder.file(id)}.`,
  }
}

/**
 * What a crash left between the move of the original and its removal: the verified original goes, another file goes back.
 * @returns whether there was a folder for it, which is removed
 */
async function settleStaged(manifest: Manifest, held: Place, place: Place): Promise<boolean> {
  const staged = await findStaging(place.folder, manifest.id)
  if (staged === null) return false
  try {
    if (await isThere(at(staged))) {
      const isOriginal = await isWhatWasMeant(at(staged), { ...manifest, way: 'rename' })
      if (isOriginal && (await isWhatWasMeant(at(held), manifest))) await unlink(at(staged))
      else await returnTo(staged, place)
    }
  } finally {
    await staged.folder.close()
    await removeStaging(place.folder, manifest.id)
  }
  return true
}

async function finish(manifest: Manifest, held: Place): Promise<ProbeOutcome> {
  await closing(await openFile(at(held)), narrow)
  return { state: 'done', result: takenResult(manifest) }
}

function notDone(folder: QuarantineFolder, id: string): ProbeOutcome {
  folder.forget(id)
  return { state: 'not_done' }
}
