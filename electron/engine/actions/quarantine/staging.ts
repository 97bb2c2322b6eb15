import { unlink } from 'node:fs/promises'
import type { OpenFolder } from '../../files/open-folder.ts'
import { HELD_NAME } from './manifest.ts'
import { at, type Place } from './place.ts'

/**
 * A folder of ours beside a file on another file system: what was moved into it can be looked at and removed, or made
 * ready and put in place, without anybody changing what it is in between.
 * @returns the file's place in it; the caller closes the folder and then removes it by `removeStaging`
 * @throws TocsinError `folder_shared` when somebody else made a folder of this name
 */
export async function openStaging(beside: OpenFolder, id: string): Promise<Place> {
  return { folder: await beside.privateChild(stagingName(id)), name: HELD_NAME }
}

/** The same after a restart. @returns null where there is none, or none of ours */
export async function findStaging(beside: OpenFolder, id: string): Promise<Place | null> {
  const folder = await beside.child(stagingName(id)).catch(() => null)
  if (folder === null) return null
  if (await folder.isOwn()) return { folder, name: HELD_NAME }
  await folder.close()
  return null
}

/** Removes the folder where it is empty: what it still holds is somebody's. */
export async function removeStaging(beside: OpenFolder, id: string): Promise<void> {
  await beside.removeEmpty(stagingName(id))
}

/** Removes an unfinished copy that a restore left behind. */
export async function discardStaging(beside: OpenFolder, id: string): Promise<void> {
  const staged = await findStaging(beside, id)
  if (staged === null) return
  await unlink(at(staged)).catch(() => {})
  await staged.folder.close()
  await removeStaging(beside, id)
}

function stagingName(id: string): string {
  return `.tocsin-${id}`
}
