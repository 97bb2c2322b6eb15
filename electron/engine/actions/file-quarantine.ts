import { basename } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Clock } from '../ports/ports.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from './action-definition.ts'
import type { ActionPlan } from './action-port.ts'
import { allowedPlace, type AllowedPlaces } from './quarantine/allowed-path.ts'
import { openFile, readFacts, type FileFacts } from './quarantine/file-facts.ts'
import type { Manifest, QuarantineFolder } from './quarantine/manifest.ts'
import { at, inodeOf, pathOf } from './quarantine/place.ts'
import { probeTaken, takenResult } from './quarantine/probe.ts'
import { takeFile, type Source } from './quarantine/take.ts'

const argsSchema = z.strictObject({
  path: z.string().min(1).describe('Absolute path of the file'),
  sha256: z
    .string()
    .regex(/^[0-9A-Fa-f]{64}$/, 'is no SHA-256 (64 hexadecimal digits)')
    .optional()
    .describe('Only if the file has this SHA-256, 64 hexadecimal digits'),
  allow_hard_links: z
    .boolean()
    .optional()
    .describe(
      'Also if the file has further names, which stay as they are; the file keeps the mode that it shares with them',
    ),
})
type Args = z.infer<typeof argsSchema>

/** What is compared again before the move: the file of the same bytes and inode, at the same real path, is the one that was approved. */
const boundSchema = z.object({ path: z.string(), inode: z.string(), sha256: z.string() })

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
    probe: (_args, intent) => probeTaken(parts.folder(), intent),
    inverse: (_args, result) => {
      const done = resultSchema.safeParse(result)
      return done.success ? { uses: 'file.restore', args: { quarantine_id: done.data.quarantine_id } } : null
    },
  })
}

const resultSchema = z.object({ quarantine_id: z.string() })

async function plan(parts: QuarantineParts, args: Args): Promise<ActionPlan> {
  const { source, facts } = await inspect(parts, args, () => {})
  await closeSource(source)
  const path = pathOf(source.place)
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
  return { rows, bound: { path, inode: facts.inode, sha256: facts.sha256 } }
}

interface Inspected {
  source: Source
  facts: FileFacts
}

/** Opens and checks everything about the file; the caller closes it by `closeSource`. */
async function inspect(parts: QuarantineParts, args: Args, check: () => void): Promise<Inspected> {
  const place = await allowedPlace(args.path, parts.places())
  const path = pathOf(place)
  const file = await openFile(at(place), path).catch(async (error: unknown) => {
    await place.folder.close()
    throw error
  })
  const source = { place, file }
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
    return { source, facts }
  } catch (error) {
    await closeSource(source)
    throw error
  }
}

async function closeSource({ place, file }: Source): Promise<void> {
  await file.close()
  await place.folder.close()
}

async function run(parts: QuarantineParts, args: Args, context: RunContext): Promise<JsonValue> {
  const folder = parts.folder()
  const { key, plan: approved } = context.intent
  // What an earlier try of this attempt left behind decides first: it may have moved the file.
  const left = await probeTaken(folder, context.intent)
  if (left.state === 'done') return left.result
  if (left.state === 'unknown') throw new UnknownOutcome('quarantine_incomplete', left.message)
  const { source, facts } = await inspect(parts, args, context.check)
  try {
    const path = pathOf(source.place)
    checkApproved(approved.bound, facts, path)
    const manifest: Manifest = {
      ...facts,
      version: 1,
      id: folder.idOf(key),
      key,
      origin: path,
      folderInode: inodeOf(source.place),
      way: 'rename',
      isOriginalGone: false,
      quarantinedAt: parts.clock.now(),
      restoring: null,
      restored: null,
    }
    await takeFile(folder, manifest, source, context.check)
    return takenResult(manifest)
  } finally {
    await closeSource(source)
  }
}

function checkApproved(bound: JsonValue, facts: FileFacts, path: string): void {
  const approved = boundSchema.safeParse(bound)
  if (!approved.success) return
  const { inode, sha256, path: planned } = approved.data
  if (planned === path && inode === facts.inode && sha256 === facts.sha256) return
  throw new TocsinError('file_changed', `${path} is no longer the file that the plan was made for: nothing was moved.`)
}
