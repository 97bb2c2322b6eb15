import { basename } from 'node:path'
import { z } from 'zod'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Clock } from '../../ports/ports.ts'
import { faultPoint } from '../../ports/fault-point.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from '../action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from '../action-port.ts'
import { findProcess, isOver, type Found, type Named } from './find-process.ts'
import { bootId, HeldProcess } from './proc.ts'

const TIMEOUT_MS = 60_000
/** How long it may take to end by itself. */
const GRACE_MS = 5000
/** How long the kernel may take to end it. */
const KILL_MS = 5000
const LOOK_MS = 100

const GONE = 'It has ended already'

/** `PID_MAX_LIMIT` of 64-bit kernels. */
const MAX_PID = 4_194_304

const argsSchema = z.strictObject({
  pid: z.number().int().min(1).max(MAX_PID).describe('Number of the process'),
  started_at: z
    .union(
      [z.number().positive(), z.iso.datetime({ offset: true })],
      'is neither seconds after 1970 nor a time like 2026-01-31T12:00:00Z',
    )
    .describe('When it began, to two seconds: seconds after 1970, or 2026-01-31T12:00:00Z'),
  sha256: z
    .string()
    .regex(/^[0-9A-Fa-f]{64}$/, 'is no SHA-256 (64 hexadecimal digits)')
    .describe('Of the file that it executes'),
})
type Args = z.infer<typeof argsSchema>

/** What is compared before each signal: numbers of processes are given again, these together are not. */
const boundSchema = z.object({
  pid: z.number(),
  boot_id: z.string(),
  start_ticks: z.string(),
  executable: z.string(),
  sha256: z.string(),
})

/** Ends one process of this computer, and never another one that has its number by then. */
export function processStop(clock: Clock): Action {
  return defineAction<Args>({
    uses: 'process.stop',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: null,
    noUndo: 'What a process held in memory is lost with it: its program can be started again, by hand.',
    effect: () => 'contain',
    title: ({ pid }) => `Stop process ${pid}`,
    target: ({ pid }) => `process ${pid}`,
    targetKey: (args) => `${args.pid} ${namedBy(args).startedAt}`,
    names: ({ pid }) => [`process ${pid}`],
    effectSentence: () =>
      'The process is asked to end (SIGTERM), and after five seconds ended (SIGKILL). What it has not saved is lost; whatever started it may start it again.',
    isIdempotent: () => false,
    plan: (args) => plan(args),
    run: (args, context) => run(args, context, clock),
    probe: (args, intent) => probe(args, intent, clock),
  })
}

function namedBy({ pid, started_at: started, sha256 }: Args): Named {
  const startedAt = typeof started === 'number' ? started * 1000 : Date.parse(started)
  return { pid, startedAt, sha256: sha256.toLowerCase() }
}

async function plan(args: Args): Promise<ActionPlan> {
  const found = await findProcess(namedBy(args), () => {})
  if (found === null) {
    return {
      rows: [
        { key: 'Process', value: String(args.pid) },
        { key: 'Change', value: `none: ${GONE.toLowerCase()}` },
      ],
      bound: null,
    }
  }
  await found.held.close()
  const { executable, sha256, uid, startedAt, startTicks } = found
  return {
    rows: [
      { key: 'Process', value: String(args.pid) },
      { key: 'Executable', value: executable },
      { key: 'SHA-256', value: sha256 },
      { key: 'User', value: String(uid) },
      { key: 'Started', value: new Date(startedAt).toISOString() },
      { key: 'Signals', value: 'SIGTERM, after 5 s SIGKILL' },
    ],
    bound: { pid: args.pid, boot_id: found.bootId, start_ticks: startTicks, executable, sha256 },
    names: [executable, basename(executable)],
  }
}

async function run(args: Args, context: RunContext, clock: Clock): Promise<JsonValue> {
  const found = await findProcess(namedBy(args), context.check)
  if (found === null) return { pid: args.pid, changed: false, reason: GONE }
  try {
    assertPlanned(context.intent.plan.bound, args, found)
    const signal = await end(found, context)
    if (signal === null) return { pid: args.pid, changed: false, reason: GONE }
    return ended(found, signal, clock.now())
  } finally {
    await found.held.close()
  }
}

function assertPlanned(planned: JsonValue, { pid }: Args, found: Found): void {
  const { data: bound } = boundSchema.safeParse(planned)
  const isStart = bound?.boot_id === found.bootId && bound.start_ticks === found.startTicks
  if (isStart && bound.sha256 === found.sha256 && bound.executable === found.executable) return
  throw new TocsinError(
    'process_changed',
    `Process ${pid} is not the one that the plan was made for: nothing was sent.`,
  )
}

/** @returns which signal ended it; null when it had ended before one was sent */
async function end(found: Found, context: RunContext): Promise<'SIGTERM' | 'SIGKILL' | null> {
  context.check()
  if (!sendSignal(found, 'SIGTERM')) return null
  faultPoint('process:signalled')
  try {
    if (await isGoneWithin(found, GRACE_MS, context)) return 'SIGTERM'
    if (!sendSignal(found, 'SIGKILL')) return 'SIGTERM'
    if (await isGoneWithin(found, KILL_MS, context)) return 'SIGKILL'
  } catch (error) {
    throw new UnknownOutcome('process_remains', `A signal was sent, then: ${errorMessage(error)} ${LOOK}`, {
      cause: error,
    })
  }
  throw new UnknownOutcome('process_remains', `It was sent SIGKILL and the kernel has not ended it yet. ${LOOK}`)
}

const LOOK = 'Look whether it still runs, then say here what you found.'

/**
 * Sends a signal to the process that is held. Node knows processes by number alone, so between the look and the signal, which
 * follow each other without a pause, is a moment in which it could end, be collected, and its number be given again.
 * @returns false when it has ended
 */
function sendSignal({ held, startTicks }: Found, name: 'SIGTERM' | 'SIGKILL'): boolean {
  const stat = held.stat()
  if (stat === null || isOver(stat) || stat.startTicks !== startTicks) return false
  try {
    process.kill(held.pid, name)
    return true
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
    throw new TocsinError('process_denied', `Process ${held.pid} may not be stopped by the user that runs Tocsin.`, {
      cause: error,
    })
  }
}

async function isGoneWithin({ held }: Found, ms: number, context: RunContext): Promise<boolean> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const stat = held.stat()
    if (stat === null || isOver(stat)) return true
    if (waited >= ms) return false
    await context.wait(LOOK_MS)
  }
}

function ended(
  found: Pick<Found, 'executable' | 'sha256' | 'startedAt'> & { held: { pid: number } },
  how: string,
  at: number,
): JsonObject {
  const { executable, sha256, startedAt, held } = found
  const before = { executable, sha256, started_at: new Date(startedAt).toISOString() }
  return { pid: held.pid, changed: true, signal: how, ended_at: new Date(at).toISOString(), before }
}

/** After a crash: whether that very process still lives. One that does not has most likely ended by this attempt. */
async function probe(args: Args, { plan: { bound } }: Intent, clock: Clock): Promise<ProbeOutcome> {
  const planned = boundSchema.safeParse(bound)
  if (!planned.success) return { state: 'done', result: { pid: args.pid, changed: false, reason: GONE } }
  const { pid, boot_id: boot, start_ticks: ticks, executable, sha256 } = planned.data
  const held = boot === bootId() ? await HeldProcess.open(pid) : null
  try {
    const stat = held?.stat() ?? null
    if (stat !== null && !isOver(stat) && stat.startTicks === ticks) return { state: 'not_done' }
  } finally {
    await held?.close()
  }
  const { startedAt } = namedBy(args)
  const found = { held: { pid }, executable, sha256, startedAt }
  return { state: 'done', result: ended(found, 'SIGTERM or SIGKILL', clock.now()) }
}
