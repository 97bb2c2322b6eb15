import { z } from 'zod'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../shared/model/json.ts'
import { HttpFailure } from '../http/http-failure.ts'
import { UnknownOutcome, type ReadContext, type Reading, type RunContext } from './action-definition.ts'
import type { Intent, ProbeOutcome } from './action-port.ts'
import type { Containment, ServiceRequest, Standing } from './containment-model.ts'
import { said, stateDifferences } from './prior-state.ts'
import { beforeEffect, isRepeatSafe, isUnknown, repeat } from './repeat.ts'

/** For one request, so that there is time left to read back what became of it. */
const REQUEST_TIMEOUT_MS = 20_000

/** Waits between looks at the target after the service has taken the request. */
const CONFIRM_DELAYS_MS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]

/** Waits before the request is sent again that the service refused for its load. */
const LOAD_DELAYS_MS = [1000, 5000]

const boundSchema = z.object({ id: z.string(), state: jsonObject })
type Bound = z.infer<typeof boundSchema>

/** Whatever keeps a target from being made so before anything was sent. */
export function isBarred(standing: Standing): standing is Extract<Standing, { why: string }> {
  return standing.is === 'barred' || standing.is === 'failed'
}

export async function run<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  context: RunContext,
): Promise<JsonValue> {
  const planned = boundSchema.parse(context.intent.plan.bound)
  const reading = await beforeEffect(readAgain(containment, args, context))
  const { id, state: before } = reading
  if (id !== planned.id) throw changed([`the target: was ${planned.id}, is ${id}`])
  const found = containment.standing(before, args, null)
  if (found.is === 'so') return resultOf(id, { isChanged: false, before, after: before })
  if (found.is === 'coming') {
    // Somebody else's request: nothing is sent, and it counts once it is there.
    const after = await confirmed(containment, args, { id, before }, context)
    return resultOf(id, { isChanged: false, before, after })
  }
  const differences = stateDifferences(planned.state, before)
  if (differences.length > 0) throw changed(differences)
  if (isBarred(found)) throw barred(found.why)
  const lost = await sent(containment, args, reading, context)
  const after = await confirmed(containment, args, { id, before }, context, lost)
  return resultOf(id, { isChanged: true, before, after })
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
      if (index === 0) throw error
      const why = `${index} of ${requests.length} requests were carried out, the next one was not: ${errorMessage(error)}`
      return new TocsinError('partly_done', why)
    }
  }
  return null
}

/** No answer, half an answer, or a server's error: a gateway says 502 of what has reached the service behind it, too. */
function mayHaveTaken(error: HttpFailure): boolean {
  return isUnknown(error, false) || (error.hasLeft && (error.status ?? 0) >= 500)
}

/**
 * Looks until the target is as it should be.
 * @param lost why it is not known whether the service has taken the request
 * @throws UnknownOutcome when it is not within the time, or the looking was stopped
 */
async function confirmed<Args extends object, Request extends ServiceRequest>(
  containment: Containment<Args, Request>,
  args: Args,
  { id, before }: { id: string; before: JsonObject },
  context: RunContext,
  lost: Error | null = null,
): Promise<JsonObject> {
  let last = 'it was not read'
  try {
    for (const delayMs of [0, ...CONFIRM_DELAYS_MS]) {
      if (delayMs >= context.remainingMs()) break
      await context.wait(delayMs)
      const found = await look(containment, args, context)
      if (typeof found === 'string') last = found
      else if (found.id !== id) last = `it is ${found.id} by then, not ${id}`
      else {
        const standing = containment.standing(found.state, args, before)
        if (standing.is === 'so') return found.state
        if (standing.is === 'failed') throw new GivenUp(standing.why)
        last = stateInWords(found.state)
      }
    }
  } catch (error) {
    if (error instanceof GivenUp) throw error
    last = errorMessage(error)
  }
  const why = lost === null ? `${containment.who} has taken the request` : errorMessage(lost)
  throw new UnknownOutcome(
    lost === null ? 'not_confirmed' : errorCode(lost),
    `${why}, but the target does not read so yet (${last}): look at ${containment.who}, then say here what you found.`,
  )
}

/** The service has taken a request and given it up. */
class GivenUp extends TocsinError {
  constructor(why: string) {
    super('service_gave_up', `${why}: the target is as it was.`)
  }
}

function stateInWords(state: JsonObject): string {
  return Object.entries(state)
    .map(([name, value]) => `${name} ${said(value)}`)
    .join(', ')
}

/** One look; what keeps it from succeeding in words, since the next one may. */
async function look<Args extends object>(
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
  const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, true)
  return repeat(() => containment.read(args, limited(context)), { delaysMs: LOAD_DELAYS_MS, isSafe }, context)
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
  const done = (after: JsonObject): ProbeOutcome => ({
    state: 'done',
    result: resultOf(found.id, { isChanged, before: planned.state, after }),
  })
  switch (containment.standing(found.state, args, planned.state).is) {
    case 'so':
      return done(found.state)
    case 'coming':
      return done(await confirmed(containment, args, { id: found.id, before: planned.state }, context))
    case 'open':
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
