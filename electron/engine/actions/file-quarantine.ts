import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Clock } from '../ports.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from './action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from './action-port.ts'
import { allowedPath, type AllowedPlaces } from './quarantine/allowed-path.ts'
import { isThere, openFile, readFacts, type FileFacts } from './quarantine/file-facts.ts'
import type { Manifest, QuarantineFolder } from './quarantine/manifest.ts'
import { isWhatWasMeant, putBack, takeFile } from './quarantine/take.ts'

const argsSchema = z.strictObject({
  path: z.string().min(1).describe('Absolute path of the file'),
  sha256: z
    .string()
    .regex(/^[0-9A-Fa-f]{64}$/, 'is no SHA-256 (64 hexadecimal digits)')
    .optional()
    .describe('Only if the file has this SHA-256'),
  allow_hard_links: z.boolean().optional().describe('Also if the file has further names, which stay'),
})
type Args = z.infer<typeof argsSchema>

/** What is compared again before the move: a file of the same bytes and inode is the one that was approved. */
const boundSchema = z.object({ inode: z.string(), sha256: z.string() })

/** Two passes over a large file on a slow disk. */
const TIMEOUT_MS = 300_000

export interface QuarantineParts {
  /** Throws TocsinError `no_data_folder` where there is none. */
  folder: () => QuarantineFolder
  places: () => AllowedPlaces
  clock: Clock
}

/** Moves a file into the data folder's quarantine. */
export function fileQuarantine(parts: QuarantineParts): Action {
  return defineAction<Args>({
    uses: 'file.quarantine',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: { uses: 'file.restore', sentence: 'Puts the file back with its mode, owner and times. Asks again.' },
    effect: () => 'contain',
    title: ({ path }) => `Quarantine ${basename(path)}`,
    target: ({ path }) => path,
    effectSentence: () =>
      'The file is moved into the quarantine folder, where only you can read it. Programs no longer find it; those that have it open keep it.',
    isIdempotent: () => false,
    plan: (args) => plan(parts, args),
    run: (args, context) => run(parts, args, context),
    probe: (_args, intent) => probe(parts.folder(), intent),
    inverse: (_args, result) => {
      const done = resultSchema.safeParse(result)
      return done.success ? { uses: 'file.restore', args: { quarantine_id: done.data.quarantine_id } } : null
    },
  })
}

const resultSchema = z.object({ quarantine_id: z.string() })

async function plan(parts: QuarantineParts, args: Args): Promise<ActionPlan> {
  const { path, file, facts } = await inspect(parts, args, () => {})
  await file.close()
  const owner = `user ${facts.uid}, group ${facts.gid}, mode ${facts.mode.toString(8).padStart(4, '0')}`
  const rows = [
    { key: 'File', value: path },
    { key: 'SHA-256', value: facts.sha256 },
    { key: 'Size', value: `${facts.size} bytes` },
    { key: 'Inode', value: facts.inode },
    { key: 'Owner', value: owner },
    { key: 'Changed', value: new Date(Number(BigInt(facts.mtimeNs) / 1_000_000n)).toISOString() },
  ]
  if (facts.links > 1) rows.push({ key: 'Further names', value: `${facts.links - 1}, which stay where they are` })
  return { rows, bound: { inode: facts.inode, sha256: facts.sha256 } }
}

/** Opens and checks everything about the file; the caller closes it. */
async function inspect(
  parts: QuarantineParts,
  args: Args,
  check: () => void,
): Promise<{ path: string; file: FileHandle; facts: FileFacts }> {
  const path = await allowedPath(args.path, parts.places())
  const file = await openFile(path)
  try {
    const facts = await readFacts(file, path, check)
    if (facts.links > 1 && args.allow_hard_links !== true) {
      throw new TocsinError(
        'file_hard_links',
        `${path} has ${facts.links} names (hard links); the others would stay. Say "allow_hard_links": true if that is meant.`,
      )
    }
    if (args.sha256 !== undefined && args.sha256.toLowerCase() !== facts.sha256) {
      throw new TocsinError(
        'file_hash',
        `${path} has the SHA-256 ${facts.sha256}, not the given one: it is another file.`,
      )
    }
    return { path, file, facts }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function run(parts: QuarantineParts, args: Args, context: RunContext): Promise<JsonValue> {
  const folder = parts.folder()
  const { key, plan: approved } = context.intent
  // What an earlier try of this attempt left behind decides first: it may have moved the file.
  const left = await probe(folder, context.intent)
  if (left.state === 'done') return left.result
  if (left.state === 'unknown') throw new UnknownOutcome('quarantine_incomplete', left.message)
  const { path, file, facts } = await inspect(parts, args, context.check)
  try {
    checkApproved(approved.bound, facts, path)
    const manifest: Manifest = {
      ...facts,
      version: 1,
      id: folder.idOf(key),
      key,
      origin: path,
      way: 'rename',
      quarantinedAt: parts.clock.now(),
      restoring: null,
      restored: null,
    }
    await takeFile(folder, manifest, file, context.check)
    return resultOf(manifest)
  } finally {
    await file.close()
  }
}

function checkApproved(bound: JsonValue, facts: FileFacts, path: string): void {
  const approved = boundSchema.safeParse(bound)
  if (!approved.success) return
  if (approved.data.inode === facts.inode && approved.data.sha256 === facts.sha256) return
  throw new TocsinError('file_changed', `${path} is no longer the file that the plan was made for: nothing was moved.`)
}

/** What a restart finds. The manifest is written before the move, so without one nothing was moved. */
async function probe(folder: QuarantineFolder, intent: Intent): Promise<ProbeOutcome> {
  const id = folder.idOf(intent.key)
  const manifest = folder.read(id)
  if (manifest === null) return notDone(folder, id)
  if (manifest.restored !== null) return { state: 'done', result: resultOf(manifest) }
  const held = folder.file(id)
  if (!(await isThere(held))) return notDone(folder, id)
  if (manifest.way === 'copy') return await probeCopy(folder, manifest)
  if (await isWhatWasMeant(held, manifest)) return await finish(folder, manifest)
  await putBack(folder, manifest)
  return { state: 'not_done' }
}

/** The copy counts once the original is gone; until then the original is what there is. */
async function probeCopy(folder: QuarantineFolder, manifest: Manifest): Promise<ProbeOutcome> {
  const { id, origin } = manifest
  const isOriginThere = await isThere(origin)
  if (!(await isWhatWasMeant(folder.file(id), manifest))) {
    if (isOriginThere) return notDone(folder, id)
    return {
      state: 'unknown',
      message: `${origin} is gone and the copy in ${folder.folder(id)} differs from it: look at both.`,
    }
  }
  if (!isOriginThere || !(await isWhatWasMeant(origin, { ...manifest, way: 'rename' })))
    return await finish(folder, manifest)
  return notDone(folder, id)
}

async function finish(folder: QuarantineFolder, manifest: Manifest): Promise<ProbeOutcome> {
  const file = await openFile(folder.file(manifest.id))
  try {
    await file.chmod(0o600)
  } finally {
    await file.close()
  }
  return { state: 'done', result: resultOf(manifest) }
}

function notDone(folder: QuarantineFolder, id: string): ProbeOutcome {
  folder.forget(id)
  return { state: 'not_done' }
}

function resultOf(manifest: Manifest): JsonObject {
  const { id, origin, sha256, size, quarantinedAt } = manifest
  return { quarantine_id: id, path: origin, sha256, size, quarantined_at: new Date(quarantinedAt).toISOString() }
}
