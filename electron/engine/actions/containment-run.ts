import { z } from 'zod'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../shared/model/json.ts'
import { HttpFailure } from '../http/http-failure.ts'
import { Accepted, UnknownOutcome, type ReadContext, type Reading, type RunContext } from './action-definition.ts'
import type { Confirmation, Intent, ProbeOutcome, Verification } from './action-port.ts'
import type { Containment, ServiceRequest, Standing } from './containment-model.ts'
import { said } from '../forms/said.ts'
import { stateDifferences } from './prior-state.ts'
import { beforeEffect, isRepeatSafe, isUnknown, repeat } from './repeat.ts'

/** For one request, so that there is time left to read back what became of it. */
const REQUEST_TIMEOUT_MS = 20_000

/** Waits between looks at the target right after the request; what takes longer is confirmed beside everything else. */
const CONFIRM_DELAYS_MS = [500, 1000, 2000]

/** Waits before the request is sent again that the service refused for its load. */
const LOAD_DELAYS_MS = [1000, 5000]

const boundSchema = z.object({ id: z.string(), state: jsonObject })
type Bound = z.infer<typeof boundSchema>

/** What an attempt leaves for its confirmation. */
const acceptedSchema = z.object({ id: z.string(), before: jsonObject, changed: z.boolean() })
type Requested = z.infer<typeof acceptedSchema>

/** What a success says of the target that it left. */
const leftSchema = z.object({ id: z.string(), after: jsonObject })

const PARTLY_DONE = 'partly_done'

/** Whether what differs between two bounds of a plan is what an attempt that came to no end has made so. */
export function isPartly<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  planned: JsonValue,
  present: JsonValue,
): boolean {
  const [was, is] = [boundSchema.safeParse(planned), boundSchema.safeParse(present)]
  if (!was.success || !is.success || was.data.id !== is.data.id) return false
  return containment.isPartly?.(was.data.state, is.data.state, args) === true
}

/** Whatever keeps a target from being made so before anything was sent. */
export function isBarred(standing: Standing): standing is Extract<Standing, { why: string }> {
  return standing.is === 'barred' || standing.is === 'failed'
}

export async function run<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  context: RunContext,
): Promise<JsonValue | Accepted> {
  const planned = boundSchema.parse(context.intent.plan.bound)
  const reading = await beforeEffect(readAgain(containment, args, context))
  const { id, state: present } = reading
  if (id !== planned.id) throw changed([`the target: was ${planned.id}, is ${id}`])
  const found = containment.standing(present, args, null)
  if (found.is === 'so') return resultOf(id, { isChanged: false, before: present, after: present })
  if (found.is === 'coming') {
    // Somebody else's request: nothing is sent, and it counts once it is there.
    return firstLooks(containment, args, { id, before: present, changed: false }, context)
  }
  const differences = stateDifferences(planned.state, present)
  const isResumed = differences.length > 0 && isPartly(containment, args, planned, { id, state: present })
  if (differences.length > 0 && !isResumed) throw changed(differences)
  if (isBarred(found)) throw barred(found.why)
  await beforeEffect(readSafely(() => assertWayBack(containment, args, reading, context), context))
  const before = isResumed ? planned.state : present
  const lost = await sent(containment, args, reading, context)
  return firstLooks(containment, args, { id, before, changed: true }, context, lost)
}

/** @returns why nobody knows whether the service has taken the requests; null where it said so of all */
async function sent<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  reading: Reading,
  context: RunContext,
): Promise<Error | null> {
  const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, false)
  const requests = containment.requests(args, reading)
  for (const [index, request] of requests.entries()) {
    try {
      await repeat(
        () => containment.send(args, request, limited(context)),
        { delaysMs: LOAD_DELAYS_MS, isSafe },
        context,
      )
    } catch (error) {
      if (error instanceof HttpFailure && mayHaveTaken(error)) return error
      if (requests.slice(0, index).every(({ isBeside }) => isBeside)) throw error
      const why = `${index} of ${requests.length} requests were carried out, the next one was not: ${errorMessage(error)}`
      return new TocsinError(PARTLY_DONE, why)
    }
  }
  return null
}

/** No answer, half an answer, or a server's error: a gateway says 502 of what has reached the service behind it, too. */
function mayHaveTaken(error: HttpFailure): boolean {
  return isUnknown(error, false) || (error.hasLeft && (error.status ?? 0) >= 500)
}

/**
 * The looks right after the request.
 * @param lost why it is not known whether the service has taken the request
 * @throws UnknownOutcome when the looking was stopped, or one of several requests was refused
 */
async function firstLooks<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  requested: Requested,
  context: RunContext,
  lost: Error | null = null,
): Promise<JsonValue | Accepted> {
  let last = 'it was not read'
  try {
    for (const delayMs of [0, ...CONFIRM_DELAYS_MS]) {
      await context.wait(delayMs)
      const found = await look(containment, args, requested, context)
      if (found.state === 'confirmed') return found.result
      if (found.state === 'failed') throw new GivenUp(found.error.message)
      last = found.message
    }
  } catch (error) {
    if (error instanceof GivenUp) throw error
    last = errorMessage(error)
    if (context.signal.aborted) throw unclear(containment.who, lost, last)
  }
  if (lost !== null && errorCode(lost) === PARTLY_DONE) throw unclear(containment.who, lost, last)
  const error = { code: notYet(lost), message: `${saidOf(containment.who, lost)}: ${last}` }
  return new Accepted({ accepted: requested, isTaken: lost === null, error })
}

function notYet(lost: Error | null): string {
  return lost === null ? 'not_confirmed' : errorCode(lost)
}

function saidOf(who: string, lost: Error | null): string {
  return lost === null ? `${who} has taken the request` : errorMessage(lost)
}

function unclear(who: string, lost: Error | null, last: string): UnknownOutcome {
  return new UnknownOutcome(
    notYet(lost),
    `${saidOf(who, lost)}, but the target does not read so yet (${last}): look at ${who}, then say here what you found.`,
  )
}

/** The service has taken a request and given it up. */
class GivenUp extends TocsinError {
  constructor(why: string) {
    super('service_gave_up', why)
  }
}

/** One look at a target of which something was requested. What keeps it from succeeding may pass. */
async function look<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  { id, before, changed: isChanged }: Requested,
  context: ReadContext,
): Promise<Confirmation> {
  const found = await readOnce(containment, args, context)
  if (typeof found === 'string') return { state: 'pending', isComing: false, message: found }
  if (found.id !== id) return { state: 'pending', isComing: false, message: `it is ${found.id} by now, not ${id}` }
  const standing = containment.standing(found.state, args, before)
  switch (standing.is) {
    case 'so':
      return { state: 'confirmed', result: resultOf(id, { isChanged, before, after: found.state }) }
    case 'failed':
      return { state: 'failed', error: { code: 'service_gave_up', message: `${standing.why}: it was not done.` } }
    case 'coming':
    case 'open':
    case 'barred':
      return { state: 'pending', isComing: standing.is === 'coming', message: stateInWords(found.state) }
  }
}

/** What has become of what was requested: one look. */
export function confirm<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  accepted: JsonValue,
  context: ReadContext,
): Promise<Confirmation> {
  return look(containment, args, acceptedSchema.parse(accepted), context)
}

/** Compares the target with what a success left. */
export async function verify<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  result: JsonValue,
  context: ReadContext,
): Promise<Verification> {
  const left = leftSchema.parse(result)
  const found = await containment.read(args, limited(context))
  if (found.id !== left.id) {
    const differences = [`the target: was ${left.id}, is ${found.id}`]
    return { state: 'drifted', differences, isReleased: false }
  }
  const differences = stateDifferences(left.after, found.state)
  if (differences.length === 0) return { state: 'holds' }
  return { state: 'drifted', differences, isReleased: containment.standing(found.state, args, null).is === 'open' }
}

function stateInWords(state: JsonObject): string {
  return Object.entries(state)
    .map(([name, value]) => `${name} ${said(value)}`)
    .join(', ')
}

/** What the target is, or in words why it could not be read. */
async function readOnce<Args extends object>(
  containment: Pick<Containment<Args>, 'read'>,
  args: Args,
  context: ReadContext,
): Promise<Reading | string> {
  try {
    return await containment.read(args, limited(context))
  } catch (error) {
    if (error instanceof TocsinError && error.code === 'stopped') throw error
    return errorMessage(error)
  }
}

function readAgain<Args extends object>(
  containment: Pick<Containment<Args>, 'read'>,
  args: Args,
  context: RunContext,
): Promise<Reading> {
  return readSafely(() => containment.read(args, limited(context)), context)
}

/** Reading changes nothing, so that it may be repeated. */
function readSafely<T>(read: () => Promise<T>, context: RunContext): Promise<T> {
  const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, true)
  return repeat(read, { delaysMs: LOAD_DELAYS_MS, isSafe }, context)
}

/** @throws TocsinError `target_barred` where the desk could not take it back, and what asking throws */
export async function assertWayBack<Args extends object, Request extends ServiceRequest>(
  containment: Pick<Containment<Args, Request>, 'shutsOut'>,
  args: Args,
  reading: Reading,
  context: ReadContext,
): Promise<void> {
  const why = (await containment.shutsOut?.(args, reading, limited(context))) ?? null
  if (why !== null) throw barred(why)
}

/**
 * After a crash. What the plan said decides whose act it is: it was not so then, so that it was most likely this attempt.
 * Where it is not so, it is not done: the run that follows reads again before it sends.
 */
export async function probe<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  { plan }: Intent,
  context: RunContext,
): Promise<ProbeOutcome> {
  const planned: Bound = boundSchema.parse(plan.bound)
  const found = await readAgain(containment, args, context)
  if (found.id !== planned.id) {
    return {
      state: 'unknown',
      message: `The target is ${found.id} by now, not ${planned.id}: look at ${containment.who}.`,
    }
  }
  const isChanged = containment.standing(planned.state, args, null).is === 'open'
  const requested: Requested = { id: found.id, before: planned.state, changed: isChanged }
  const accepted = (isTaken: boolean): ProbeOutcome => {
    const error = { code: 'not_confirmed', message: stateInWords(found.state) }
    return { state: 'accepted', accepted: requested, isTaken, error }
  }
  switch (containment.standing(found.state, args, planned.state).is) {
    case 'so':
      return { state: 'done', result: resultOf(found.id, { isChanged, before: planned.state, after: found.state }) }
    case 'coming':
      return accepted(true)
    case 'open':
      // A request that was taken may not show yet: it must not be sent twice.
      return containment.showsLate ? accepted(false) : { state: 'not_done' }
    case 'barred':
    case 'failed':
      return { state: 'not_done' }
  }
}

/** The same, with less time for one request. */
export function limited<Context extends ReadContext>(context: Context): Context {
  return { ...context, remainingMs: () => Math.min(context.remainingMs(), REQUEST_TIMEOUT_MS) }
}

function resultOf(
  id: string,
  { isChanged, before, after }: { isChanged: boolean; before: JsonObject; after: JsonObject },
): JsonObject {
  return { id, changed: isChanged, before, after }
}

function changed(differences: readonly string[]): TocsinError {
  return new TocsinError(
    'target_changed',
    `It is not what the plan was made for (${differences.join('; ')}): nothing was sent.`,
  )
}

export function barred(why: string): TocsinError {
  return new TocsinError('target_barred', `${why}: nothing was sent.`)
}
