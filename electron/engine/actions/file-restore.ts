import { chmod, unlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { defineAction, type Action } from './action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from './action-port.ts'
import type { QuarantineParts } from './file-quarantine.ts'
import { areSameFile, isThere } from './quarantine/file-facts.ts'
import { checkRestorable, finishRestore, giveBack, isOwnCopy } from './quarantine/give-back.ts'
import type { Manifest, QuarantineFolder } from './quarantine/manifest.ts'
import { isWhatWasMeant } from './quarantine/take.ts'

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
    effect: () => 'contain',
    title: (args) => `Restore ${nameOf(parts, args)}`,
    target: (args) => originOf(parts, args) ?? args.quarantine_id,
    effectSentence: () =>
      'The file goes back where it was, with its mode, owner and times. Nothing that lies there now is overwritten.',
    isIdempotent: () => false,
    async plan(args) {
      const folder = parts.folder()
      const manifest = manifestOf(folder, args.quarantine_id)
      await checkRestorable(folder, manifest)
      return planOf(manifest)
    },
    async run(args, context) {
      const folder = parts.folder()
      const left = await probe(folder, args.quarantine_id, context.intent, parts.clock.now())
      if (left.state === 'done') return left.result
      const manifest = manifestOf(folder, args.quarantine_id)
      return resultOf(await giveBack(folder, manifest, context.intent.key, parts.clock.now(), context.check))
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
  const held = folder.file(id)
  const isHeld = await isThere(held)
  const isBack = !isHeld || (await areSameFile(held, manifest.origin))
  if (isBack || (await isCopyComplete(manifest))) {
    const done = await finishRestore(folder, manifest, intent.key, now)
    return { state: 'done', result: resultOf(done) }
  }
  if (await isOwnCopy(manifest)) await unlink(manifest.origin)
  await chmod(held, 0o600)
  folder.write({ ...manifest, restoring: null })
  return { state: 'not_done' }
}

async function isCopyComplete(manifest: Manifest): Promise<boolean> {
  return (await isOwnCopy(manifest)) && (await isWhatWasMeant(manifest.origin, { ...manifest, way: 'copy' }))
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
