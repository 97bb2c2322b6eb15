import { basename } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { canonicalHash } from '../forms/canonical.ts'
import { faultPoint } from '../ports/fault-point.ts'
import type { Clock } from '../ports/ports.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from './action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from './action-port.ts'
import type { AllowedPlaces } from './quarantine/allowed-path.ts'
import { closeSource, inspect, type Asked, type Inspected } from './quarantine/inspect.ts'
import type { Manifest, QuarantineFolder } from './quarantine/manifest.ts'
import { inodeOf } from './quarantine/place.ts'
import { probeTaken, takenResult } from './quarantine/probe.ts'
import { inQuarantine, inShort, keyOf, probeSeveral, putBackAll, takenTogether } from './quarantine/several.ts'
import { takeFile } from './quarantine/take.ts'

/** More than a person reads on one card. */
const MAX_FILES = 100

const path = z.string().min(1)
const sha256 = z.string().regex(/^[0-9A-Fa-f]{64}$/, 'is no SHA-256 (64 hexadecimal digits)')

const argsSchema = z
  .strictObject({
    path: path.optional().describe('Absolute path of the file'),
    sha256: sha256.optional().describe('Only if the file has this SHA-256'),
    files: z
      .array(z.strictObject({ path, sha256: sha256.optional() }))
      .min(1)
      .max(MAX_FILES, `are more than ${MAX_FILES}`)
      .optional()
      .describe('Instead of path: several files, all or none of them, each {"path", "sha256"?}'),
    allow_hard_links: z.boolean().optional().describe('Also if the file has further names, which stay'),
  })
  .refine(({ path: one, files }) => (one === undefined) !== (files === undefined), {
    path: ['path'],
    message: 'give it, or files: one of the two',
  })
  .refine(({ sha256: hash, files }) => hash === undefined || files === undefined, {
    path: ['sha256'],
    message: 'stands beside path; of several files each has its own',
  })
type Args = z.infer<typeof argsSchema>

/** What is compared again before the move: the file of the same bytes and inode, at the same real path, is the one that was approved. */
const boundSchema = z.object({ path: z.string(), inode: z.string(), sha256: z.string() })
const boundFilesSchema = z.object({ files: z.array(boundSchema) })

/** Two passes over a large file on a slow disk. */
const TIMEOUT_MS = 300_000

export interface QuarantineParts {
  /** Throws TocsinError `no_data_folder` where there is none. */
  folder: () => QuarantineFolder
  places: () => AllowedPlaces
  clock: Clock
}

/** Moves a file, or several as one, into the data folder's quarantine. */
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
    title: (args) => `Quarantine ${inShort(pathsOf(args).map((one) => basename(one)))}`,
    target: (args) => inShort(pathsOf(args)),
    targetKey: ({ path: one, files }) => one ?? canonicalHash(pathsOf({ files })),
    targets: pathsOf,
    names: pathsOf,
    effectSentence: ({ files }) =>
      files === undefined
        ? 'The file is moved into the quarantine folder, where only you can read it. Programs no longer find it; those that have it open keep it.'
        : 'All of the files are moved into the quarantine folder, or none, where only you can read them. Programs no longer find them; those that have one open keep it.',
    isIdempotent: () => false,
    plan: (args) => plan(parts, args),
    run: (args, context) => run(parts, args, context),
    probe: (args, intent) => probe(parts, args, intent),
    inverse: (_args, result) => {
      const done = resultSchema.safeParse(result)
      return done.success ? { uses: 'file.restore', args: done.data } : null
    },
  })
}

const resultSchema = z.union([
  z.object({ quarantine_id: z.string() }),
  z.object({ quarantine_ids: z.array(z.string()).min(1) }),
])

function pathsOf({ path: one, files = [] }: Pick<Args, 'path' | 'files'>): string[] {
  return one === undefined ? files.map((file) => file.path) : [one]
}

function askedOf({ path: one, sha256: hash, files, allow_hard_links: allows = false }: Args): Asked[] {
  const each = one === undefined ? (files ?? []) : [{ path: one, sha256: hash }]
  return each.map((file) => ({ ...file, allowsHardLinks: allows }))
}

function probe(parts: QuarantineParts, args: Args, intent: Intent): Promise<ProbeOutcome> {
  if (args.files === undefined) return probeTaken(parts.folder(), intent)
  return probeSeveral(parts.folder(), intent, { paths: pathsOf(args), now: parts.clock.now() })
}

async function plan(parts: QuarantineParts, args: Args): Promise<ActionPlan> {
  const found = []
  for (const asked of askedOf(args)) found.push(await lookAt(parts, asked))
  if (args.files !== undefined) return planTogether(found)
  const [one] = found
  if (one === undefined) throw new Error('A quarantine of no file was planned')
  const { facts, path: real } = one
  const owner = `user ${facts.uid}, group ${facts.gid}, mode ${facts.mode.toString(8).padStart(4, '0')}`
  const rows = [
    { key: 'File', value: real },
    { key: 'SHA-256', value: facts.sha256 },
    { key: 'Size', value: `${facts.size} bytes` },
    { key: 'Inode', value: facts.inode },
    { key: 'Owner', value: owner },
    { key: 'Changed', value: new Date(Number(BigInt(facts.mtimeNs) / 1_000_000n)).toISOString() },
  ]
  if (facts.links > 1) rows.push({ key: 'Further names', value: `${facts.links - 1}, which stay where they are` })
  return { rows, bound: { path: real, inode: facts.inode, sha256: facts.sha256 } }
}

type Looked = Pick<Inspected, 'path' | 'facts'>

async function lookAt(parts: QuarantineParts, asked: Asked): Promise<Looked> {
  const { source, path: real, facts } = await inspect(asked, parts.places(), () => {})
  await closeSource(source)
  return { path: real, facts }
}

/** One row for each file: nothing is left out of what is approved. */
function planTogether(found: readonly Looked[]): ActionPlan {
  assertEachOnce(found)
  const total = found.reduce((sum, { facts }) => sum + facts.size, 0)
  const rows = found.map(({ path: real, facts: { size, sha256: hash, links } }, index) => {
    const further = links > 1 ? `, ${links - 1} further names, which stay` : ''
    return { key: `File ${index + 1} of ${found.length}`, value: `${real} (${size} bytes, SHA-256 ${hash}${further})` }
  })
  return {
    rows: [...rows, { key: 'Together', value: `${total} bytes; all of them are moved, or none` }],
    bound: {
      files: found.map(({ path: real, facts: { inode, sha256: hash } }) => ({ path: real, inode, sha256: hash })),
    },
  }
}

function assertEachOnce(found: readonly Looked[]): void {
  const seen = new Set<string>()
  for (const { path: real, facts } of found) {
    const file = `${facts.device}:${facts.inode}`
    if (seen.has(file)) throw new TocsinError('file_twice', `${real} is named twice: name each file once.`)
    seen.add(file)
  }
}

async function run(parts: QuarantineParts, args: Args, context: RunContext): Promise<JsonValue> {
  // What an earlier try of this attempt left behind decides first: it may have moved the file.
  const left = await probe(parts, args, context.intent)
  if (left.state === 'done') return left.result
  if (left.state === 'unknown') throw new UnknownOutcome('quarantine_incomplete', left.message)
  const { key, plan: approved } = context.intent
  const [one] = askedOf(args)
  if (args.files !== undefined || one === undefined) return runTogether(parts, args, context)
  return takenResult(await take(parts, one, { key, bound: approved.bound, check: context.check }))
}

/** Looks at all before it takes the first: most of what keeps it from taking one keeps it from taking any. */
async function runTogether(parts: QuarantineParts, args: Args, { intent, check }: RunContext): Promise<JsonValue> {
  const asked = askedOf(args)
  const approved = boundFilesSchema.safeParse(intent.plan.bound)
  const boundOf = (index: number): JsonValue => (approved.success ? (approved.data.files[index] ?? null) : null)
  const found: Looked[] = []
  for (const [index, file] of asked.entries()) {
    const looked = await lookAt(parts, file)
    checkApproved(boundOf(index), looked)
    found.push(looked)
    check()
  }
  assertEachOnce(found)
  const taken: Manifest[] = []
  for (const [index, file] of asked.entries()) {
    try {
      taken.push(await take(parts, file, { key: keyOf(intent, index), bound: boundOf(index), check }))
      faultPoint('quarantine:next')
    } catch (error) {
      if (error instanceof UnknownOutcome) {
        throw new UnknownOutcome(error.code, `${error.message} ${inQuarantine(taken)}`, { cause: error })
      }
      await putBackAll(parts.folder(), taken, parts.clock.now())
      throw error
    }
  }
  return takenTogether(taken)
}

interface Approved {
  key: string
  bound: JsonValue
  check: () => void
}

async function take(parts: QuarantineParts, asked: Asked, { key, bound, check }: Approved): Promise<Manifest> {
  const folder = parts.folder()
  const { source, path: real, facts } = await inspect(asked, parts.places(), check)
  try {
    checkApproved(bound, { path: real, facts })
    const manifest: Manifest = {
      ...facts,
      version: 1,
      id: folder.idOf(key),
      key,
      origin: real,
      folderInode: inodeOf(source.place),
      way: 'rename',
      isOriginalGone: false,
      quarantinedAt: parts.clock.now(),
      restoring: null,
      restored: null,
    }
    await takeFile(folder, manifest, source, check)
    return manifest
  } finally {
    await closeSource(source)
  }
}

function checkApproved(bound: JsonValue, { path: real, facts }: Looked): void {
  const approved = boundSchema.safeParse(bound)
  if (!approved.success) return
  const { inode, sha256: hash, path: planned } = approved.data
  if (planned === real && inode === facts.inode && hash === facts.sha256) return
  throw new TocsinError('file_changed', `${real} is no longer the file that the plan was made for: nothing was moved.`)
}
