import { errorMessage } from '../../../../shared/errors.ts'
import { faultPoint } from '../../ports/fault-point.ts'
import { UnknownOutcome } from '../action-definition.ts'
import type { Intent, ProbeOutcome } from '../action-port.ts'
import { isThere } from './file-facts.ts'
import { closeEnds, finishRestore, giveBack, isBack, openOrigin } from './give-back.ts'
import type { Manifest, QuarantineFolder } from './manifest.ts'
import { at } from './place.ts'
import { probeTaken, takenResult } from './probe.ts'

/** Each file of an attempt has a key of its own, by which a restart finds it. */
export function keyOf({ key }: Pick<Intent, 'key'>, index: number): string {
  return `${key}/${index}`
}

/** The key under which a file goes back because its attempt took not all of them. */
function backKey(key: string): string {
  return `${key}/back`
}

/**
 * What a restart finds of several files. All or none: where some were taken and some were not, those that were go back.
 * @param paths as they were asked for, for the message
 */
export async function probeSeveral(
  folder: QuarantineFolder,
  intent: Intent,
  { paths, now }: { paths: readonly string[]; now: number },
): Promise<ProbeOutcome> {
  const taken: Manifest[] = []
  const goingBack: Manifest[] = []
  const unknown: string[] = []
  for (const index of paths.keys()) {
    const key = keyOf(intent, index)
    const manifest = folder.read(folder.idOf(key))
    if (manifest?.restoring?.key === backKey(key)) goingBack.push(manifest)
    else {
      const found = await probeTaken(folder, { ...intent, key })
      if (found.state === 'unknown') unknown.push(found.message)
      if (found.state === 'done' && manifest !== null) taken.push(manifest)
    }
  }
  if (unknown.length > 0)
    return { state: 'unknown', message: [...unknown, inQuarantine([...taken, ...goingBack])].join(' ') }
  if (taken.length === paths.length) return { state: 'done', result: takenTogether(taken) }
  const left = await putBack(folder, [...taken, ...goingBack], now)
  return left === null ? { state: 'not_done' } : { state: 'unknown', message: left }
}

/**
 * Gives back what an attempt took that could not take all of it.
 * @throws UnknownOutcome which names what is still in quarantine
 */
export async function putBackAll(folder: QuarantineFolder, taken: readonly Manifest[], now: number): Promise<void> {
  const left = await putBack(folder, taken, now)
  if (left !== null) throw new UnknownOutcome('quarantine_incomplete', left)
}

/** @returns what could not be given back, as sentences; null when all of it is where it was */
async function putBack(folder: QuarantineFolder, taken: readonly Manifest[], now: number): Promise<string | null> {
  const left: Manifest[] = []
  const reasons: string[] = []
  for (const manifest of [...taken].reverse()) {
    try {
      await putBackTaken(folder, manifest, now)
      faultPoint('quarantine:back')
    } catch (error) {
      left.push(manifest)
      reasons.push(errorMessage(error))
    }
  }
  if (left.length === 0) return null
  return `Not all of the files could be taken, and not all of those that were could be put back: ${reasons.join(' ')} ${inQuarantine(left)}`
}

/** As a restore, but that nothing of it stays in quarantine; one that a crash cut short is finished. */
async function putBackTaken(folder: QuarantineFolder, manifest: Manifest, now: number): Promise<void> {
  const held = await folder.hold(manifest.id)
  const place = await openOrigin(manifest).catch(async (error: unknown) => {
    await held.folder.close()
    throw error
  })
  const ends = { held, place }
  const restore = { key: backKey(manifest.key), at: now }
  try {
    const hasBegun = manifest.restoring?.key === restore.key
    const isOver = hasBegun && (!(await isThere(at(held))) || (await isBack(manifest, ends)))
    if (isOver) await finishRestore(folder, manifest, ends, restore)
    else await giveBack(folder, manifest, ends, restore, () => {})
  } finally {
    await closeEnds(ends)
  }
  folder.forget(manifest.id)
}

/** What an attempt that took several answers. */
export function takenTogether(taken: readonly Manifest[]): ReturnType<typeof takenResult> {
  const results = taken.map(takenResult)
  return {
    quarantine_ids: taken.map(({ id }) => id),
    files: taken.map(({ id, origin, sha256, size }) => ({ quarantine_id: id, path: origin, sha256, size })),
    quarantined_at: results.at(-1)?.['quarantined_at'] ?? null,
    changed: true,
    before: { files: results.map((result) => result['before'] ?? null) },
  }
}

/** For a person who has to look: which files are where. */
export function inQuarantine(taken: readonly Manifest[]): string {
  if (taken.length === 0) return 'None of them is in quarantine.'
  const each = taken.map(({ id, origin }) => `${origin} (${id})`)
  return `In quarantine: ${each.join(', ')}.`
}

/** What several are called where there is room for one: `/tmp/a.exe and 2 more files`. */
export function inShort([first = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? first : `${first} and ${rest.length} more ${rest.length === 1 ? 'file' : 'files'}`
}
