import { basename } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { defineAction, type Action } from './action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from './action-port.ts'
import type { QuarantineParts } from './file-quarantine.ts'
import { closing, isThere, narrow, openFile } from './quarantine/file-facts.ts'
import {
  closeEnds,
  finishRestore,
  giveBack,
  isBack,
  openOrigin,
  openRestorable,
  type Ends,
} from './quarantine/give-back.ts'
import type { Manifest, QuarantineFolder } from './quarantine/manifest.ts'
import { at } from './quarantine/place.ts'
import { discardStaging } from './quarantine/staging.ts'

const argsSchema = z.strictObject({
  quarantine_id: z.uuid('is no id of a quarantine').describe('From the result of file.quarantine'),
})
type Args = z.infer<typeof argsSchema>

const TIMEOUT_MS = 300_000

/** Puts a quarantined file back where it was: the inverse of `file.quarantine`. */
export function fileRestore(parts: QuarantineParts): Action {
  return defineAction<Args>({
    uses: 'file.restore',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: ['quarantine_id'],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: null,
    noUndo: 'It is the way back: to take the file away again is another quarantine.',
    effect: () => 'contain',
    title: (args) => `Restore ${nameOf(parts, args)}`,
    target: (args) => originOf(parts, args) ?? args.quarantine_id,
    effectSentence: () =>
      'The file goes back where it was, with its mode, owner and times. Nothing that lies there now is overwritten.',
    isIdempotent: () => false,
    async plan(args) {
      const folder = parts.folder()
      const manifest = manifestOf(folder, args.quarantine_id)
      await closeEnds(await openRestorable(folder, manifest))
      return planOf(manifest)
    },
    async run(args, context) {
      const folder = parts.folder()
      const left = await probe(folder, args.quarantine_id, context.intent, parts.clock.now())
      if (left.state === 'done') return left.result
      const manifest = manifestOf(folder, args.quarantine_id)
      const ends = await openRestorable(folder, manifest)
      try {
        const { intent, check } = context
        return resultOf(await giveBack(folder, manifest, ends, { key: intent.key, at: parts.clock.now() }, check))
      } finally {
        await closeEnds(ends)
      }
    },
    probe: (args, intent) => probe(parts.folder(), args.quarantine_id, intent, parts.clock.now()),
  })
}

function planOf(manifest: Manifest): ActionPlan {
  const rows = [
    { key: 'Back to', value: manifest.origin },
    { key: 'SHA-256', value: manifest.sha256 },
    { key: 'Size', value: `${manifest.size} bytes` },
    {
      key: 'Owner',
      value: `user ${manifest.uid}, group ${manifest.gid}, mode ${manifest.mode.toString(8).padStart(4, '0')}`,
    },
    { key: 'Quarantined', value: new Date(manifest.quarantinedAt).toISOString() },
  ]
  return { rows, bound: { path: manifest.origin, sha256: manifest.sha256 } }
}

/** What a restart finds. Only a restore that began (its manifest says so) can be done. */
async function probe(folder: QuarantineFolder, id: string, intent: Intent, now: number): Promise<ProbeOutcome> {
  const manifest = folder.read(id)
  if (manifest === null) return { state: 'not_done' }
  if (manifest.restored !== null) {
    return manifest.restored.key === intent.key ? { state: 'done', result: resultOf(manifest) } : { state: 'not_done' }
  }
  if (manifest.restoring?.key !== intent.key) return { state: 'not_done' }
  const held = await folder.hold(id)
  const place = await openOrigin(manifest).catch(() => null)
  if (place === null) {
    await held.folder.close()
    return {
      state: 'unknown',
      message: `The folder of ${manifest.origin} cannot be opened: whether the file is back in it cannot be seen.`,
    }
  }
  const ends = { held, place }
  try {
    if (!(await isThere(at(held))) || (await isBack(manifest, ends))) {
      return {
        state: 'done',
        result: resultOf(await finishRestore(folder, manifest, ends, { key: intent.key, at: now })),
      }
    }
    await notBegun(folder, manifest, ends)
    return { state: 'not_done' }
  } finally {
    await closeEnds(ends)
  }
}

/** Takes back what a restore did before it ended: the file stays in quarantine, and nobody else reads it. */
async function notBegun(folder: QuarantineFolder, manifest: Manifest, { held, place }: Ends): Promise<void> {
  await discardStaging(place.folder, manifest.id)
  await closing(await openFile(at(held)), narrow)
  folder.write({ ...manifest, restoring: null })
}

function manifestOf(folder: QuarantineFolder, id: string): Manifest {
  const manifest = folder.read(id)
  if (manifest !== null) return manifest
  throw new TocsinError('quarantine_missing', `There is nothing with the id ${id} in quarantine.`)
}

/** For titles, which never fail: the id stands in when the manifest is gone. */
function originOf(parts: QuarantineParts, args: Args): string | null {
  try {
    return parts.folder().read(args.quarantine_id)?.origin ?? null
  } catch {
    return null
  }
}

function nameOf(parts: QuarantineParts, args: Args): string {
  const origin = originOf(parts, args)
  return origin === null ? args.quarantine_id : basename(origin)
}

function resultOf(manifest: Manifest): JsonObject {
  const { id, origin, sha256, restored } = manifest
  return {
    quarantine_id: id,
    path: origin,
    sha256,
    owner_restored: restored?.isOwnerRestored ?? false,
    restored_at: new Date(restored?.at ?? 0).toISOString(),
  }
}
