import { basename } from 'node:path'
import { z } from 'zod'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { canonicalHash } from '../forms/canonical.ts'
import { faultPoint } from '../ports/fault-point.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from './action-definition.ts'
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
import { inShort } from './quarantine/several.ts'
import { discardStaging } from './quarantine/staging.ts'

const quarantineId = z.uuid('is no id of a quarantine')

const argsSchema = z
  .strictObject({
    quarantine_id: quarantineId.optional().describe('From the result of file.quarantine'),
    quarantine_ids: z
      .array(quarantineId)
      .min(1)
      .max(100)
      .optional()
      .describe('Instead: of several files, all of which go back'),
  })
  .refine(({ quarantine_id: one, quarantine_ids: several }) => (one === undefined) !== (several === undefined), {
    path: ['quarantine_id'],
    message: 'give it, or quarantine_ids: one of the two',
  })
  .refine(({ quarantine_ids: ids = [] }) => new Set(ids).size === ids.length, {
    path: ['quarantine_ids'],
    message: 'name one twice',
  })
type Args = z.infer<typeof argsSchema>

function idsOf({ quarantine_id: one, quarantine_ids: several = [] }: Args): string[] {
  return one === undefined ? several : [one]
}

const TIMEOUT_MS = 300_000

/** Puts what was quarantined back where it was: the inverse of `file.quarantine`. */
export function fileRestore(parts: QuarantineParts): Action {
  return defineAction<Args>({
    uses: 'file.restore',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: ['quarantine_id', 'quarantine_ids'],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: null,
    noUndo: 'It is the way back: to take the file away again is another quarantine.',
    effect: () => 'contain',
    title: (args) => `Restore ${inShort(namesOf(parts, args).map((name) => basename(name)))}`,
    target: (args) => inShort(namesOf(parts, args)),
    targetKey: (args) => {
      const targets = namesOf(parts, args)
      return targets.length === 1 ? (targets[0] ?? '') : canonicalHash(targets)
    },
    targets: (args) => namesOf(parts, args),
    names: (args) => namesOf(parts, args),
    effectSentence: ({ quarantine_ids: several }) =>
      several === undefined
        ? 'The file goes back where it was, with its mode, owner and times. Nothing that lies there now is overwritten.'
        : 'The files go back where they were, with mode, owner and times. Nothing that lies there now is overwritten.',
    isIdempotent: () => false,
    async plan(args) {
      const folder = parts.folder()
      const manifests = idsOf(args).map((one) => manifestOf(folder, one))
      for (const manifest of await stillHeld(folder, manifests)) await closeEnds(manifest.ends)
      const [only] = manifests
      return args.quarantine_id === undefined || only === undefined ? planTogether(manifests) : planOf(only)
    },
    async run(args, context) {
      const left = await probeAll(parts, args, context.intent)
      if (left.state === 'done') return left.result
      if (args.quarantine_id === undefined) return runTogether(parts, args, context)
      return resultOf(await restore(parts, args.quarantine_id, context))
    },
    probe: (args, intent) => probeAll(parts, args, intent),
  })
}

async function restore(
  parts: QuarantineParts,
  one: string,
  { intent, check }: Pick<RunContext, 'intent' | 'check'>,
): Promise<Manifest> {
  const folder = parts.folder()
  const manifest = manifestOf(folder, one)
  const ends = await openRestorable(folder, manifest)
  try {
    return await giveBack(folder, manifest, ends, { key: intent.key, at: parts.clock.now() }, check)
  } finally {
    await closeEnds(ends)
  }
}

/** What can go back now; where one cannot, none does. @throws TocsinError with every reason; the caller closes the ends */
async function stillHeld(
  folder: QuarantineFolder,
  manifests: readonly Manifest[],
): Promise<{ manifest: Manifest; ends: Ends }[]> {
  const open: { manifest: Manifest; ends: Ends }[] = []
  const failures: unknown[] = []
  for (const manifest of manifests) {
    try {
      open.push({ manifest, ends: await openRestorable(folder, manifest) })
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 0) return open
  for (const { ends } of open) await closeEnds(ends)
  if (manifests.length === 1) throw failures[0]
  throw new TocsinError('restore_refused', `None was put back. ${failures.map(errorMessage).join(' ')}`)
}

/** One after the other: what an earlier try of the same attempt put back stays. */
async function runTogether(parts: QuarantineParts, args: Args, context: RunContext): Promise<JsonValue> {
  const folder = parts.folder()
  const manifests = idsOf(args).map((one) => manifestOf(folder, one))
  const rest = manifests.filter(({ restored }) => restored?.key !== context.intent.key)
  for (const { ends } of await stillHeld(folder, rest)) await closeEnds(ends)
  for (const [index, { id: one }] of rest.entries()) {
    try {
      await restore(parts, one, context)
      faultPoint('restore:next')
    } catch (error) {
      if (index === 0 && rest.length === manifests.length) throw error
      throw new UnknownOutcome('restore_incomplete', `${whereAll(folder, args)} ${errorMessage(error)}`, {
        cause: error,
      })
    }
  }
  return resultTogether(idsOf(args).map((one) => manifestOf(folder, one)))
}

/** For a person who has to look: which files are back, and which are not. */
function whereAll(folder: QuarantineFolder, args: Args): string {
  const manifests = idsOf(args).map((one) => manifestOf(folder, one))
  const names = (all: readonly Manifest[]): string => all.map(({ origin }) => origin).join(', ') || 'none'
  const [back, held] = [
    manifests.filter((one) => one.restored !== null),
    manifests.filter((one) => one.restored === null),
  ]
  return `Back: ${names(back)}. Still in quarantine: ${names(held)}. Try again puts back the rest.`
}

function planTogether(manifests: readonly Manifest[]): ActionPlan {
  const rows = manifests.map(({ origin, size, sha256 }, index) => ({
    key: `File ${index + 1} of ${manifests.length}`,
    value: `${origin} (${size} bytes, SHA-256 ${sha256})`,
  }))
  return { rows, bound: { files: manifests.map(({ origin, sha256 }) => ({ path: origin, sha256 })) } }
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

async function probeAll(parts: QuarantineParts, args: Args, intent: Intent): Promise<ProbeOutcome> {
  const [folder, now] = [parts.folder(), parts.clock.now()]
  if (args.quarantine_id !== undefined) return probe(folder, args.quarantine_id, intent, now)
  const found: ProbeOutcome[] = []
  for (const one of idsOf(args)) found.push(await probe(folder, one, intent, now))
  const unknown = found.flatMap((one) => (one.state === 'unknown' ? [one.message] : []))
  if (unknown.length > 0) return { state: 'unknown', message: `${unknown.join(' ')} ${whereAll(folder, args)}` }
  const done = found.filter(({ state }) => state === 'done').length
  if (done === 0) return { state: 'not_done' }
  if (done < found.length) return { state: 'unknown', message: whereAll(folder, args) }
  return { state: 'done', result: resultTogether(idsOf(args).map((one) => manifestOf(folder, one))) }
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
function namesOf(parts: QuarantineParts, args: Args): string[] {
  return idsOf(args).map((one) => {
    try {
      return parts.folder().read(one)?.origin ?? one
    } catch {
      return one
    }
  })
}

function resultTogether(manifests: readonly Manifest[]): JsonObject {
  const results = manifests.map(resultOf)
  return {
    quarantine_ids: manifests.map(({ id: one }) => one),
    files: results.map(({ path = '', sha256 = '', owner_restored: owner = false }) => ({
      path,
      sha256,
      owner_restored: owner,
    })),
    restored_at: results.at(-1)?.['restored_at'] ?? null,
  }
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
