import { z } from 'zod'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../shared/model/json.ts'
import { HttpFailure } from '../http/http-failure.ts'
import {
  defineAction,
  UnknownOutcome,
  type Action,
  type ActionDefinition,
  type ReadContext,
  type Reading,
  type RunContext,
} from './action-definition.ts'
import type { ActionPlan, Intent, ProbeOutcome } from './action-port.ts'
import { said, stateDifferences } from './prior-state.ts'
import { beforeEffect, isRepeatSafe, isUnknown, repeat } from './repeat.ts'

/** How a target stands to what an action would make of it. */
export type Standing =
  /** It is so. */
  | { is: 'so' }
  /** The service has taken it and the target has not followed yet. */
  | { is: 'coming' }
  /** It is not so, and can be made so. */
  | { is: 'open' }
  /** It cannot be made so, or not so that it could be undone exactly. */
  | { is: 'barred'; why: string }

/** Its time-out: a minute and a quarter to confirm, the rest for what comes before. */
export const CONTAINMENT_TIMEOUT_MS = 120_000

/** For one request, so that there is time left to read back what became of it. */
const REQUEST_TIMEOUT_MS = 20_000

/** Waits between looks at the target after the service has taken the request. */
const CONFIRM_DELAYS_MS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]

/** Waits before the request is sent again that the service refused for its load. */
const LOAD_DELAYS_MS = [1000, 5000]

/** What such an action says of itself; the rest is the same for all. */
export interface Containment<Args> extends Pick<
  ActionDefinition<Args>,
  | 'uses'
  | 'args'
  | 'secretArgs'
  | 'lockedArgs'
  | 'undo'
  | 'noUndo'
  | 'title'
  | 'target'
  | 'targetKey'
  | 'effectSentence'
  | 'inverse'
> {
  /** The service's name for a person. */
  who: string
  read(args: Args, context: ReadContext): Promise<Reading>
  standing(state: JsonObject): Standing
  /** The request that makes it so, for the very target that was read: the plan shows what is sent. */
  request(args: Args, id: string): ServiceRequest
  /** Sends it. Throws HttpFailure unless the service has taken it. */
  send(args: Args, request: ServiceRequest, context: RunContext): Promise<void>
}

/** One request with an effect; without what logs it in. */
export interface ServiceRequest {
  method: 'POST'
  url: string
  body?: JsonObject
}

const boundSchema = z.object({ id: z.string(), state: jsonObject })
type Bound = z.infer<typeof boundSchema>

/**
 * An action that changes one target at a service and can read it. The plan binds what the target is; the run reads it again,
 * sends nothing where it is so already, and has succeeded only when the target itself reads as it should: the service's
 * word alone is not enough.
 */
export function defineContainment<Args>(containment: Containment<Args>): Action {
  return defineAction<Args>({
    ...containment,
    timeoutMs: CONTAINMENT_TIMEOUT_MS,
    retryDelaysMs: [],
    effect: () => 'contain',
    isIdempotent: () => false,
    read: (args, context) => containment.read(args, limited(context)),
    async plan(args, _subject, reading) {
      if (reading === null) throw new Error(`${containment.uses} is planned without a look at its target`)
      return planOf(reading, containment.standing(reading.state), containment.request(args, reading.id))
    },
    run: (args, context) => run(containment, args, context),
    probe: (args, intent, context) => probe(containment, args, intent, context),
  })
}

function planOf({ id, state, rows }: Reading, standing: Standing, request: ServiceRequest): ActionPlan {
  if (standing.is === 'barred') throw barred(standing.why)
  const present = Object.entries(state).map(([name, value]) => ({ key: `Present ${name}`, value: said(value) }))
  return { rows: [...rows, ...present, ...changeRows(standing, request)], bound: { id, state } }
}

function changeRows({ is }: Standing, { method, url, body }: ServiceRequest): ActionPlan['rows'] {
  if (is === 'so') return [{ key: 'Change', value: 'none: it is so already' }]
  if (is === 'coming') return [{ key: 'Change', value: 'none: it is on its way already' }]
  const request = { key: 'Request', value: `${method} ${url}` }
  return body === undefined ? [request] : [request, { key: 'Body', value: JSON.stringify(body) }]
}

async function run<Args>(containment: Containment<Args>, args: Args, context: RunContext): Promise<JsonValue> {
  const planned = boundSchema.parse(context.intent.plan.bound)
  const { id, state: before } = await beforeEffect(readAgain(containment, args, context))
  if (id !== planned.id) throw changed([`the target: was ${planned.id}, is ${id}`])
  const found = containment.standing(before)
  if (found.is === 'so') return resultOf(id, { isChanged: false, before, after: before })
  if (found.is === 'coming') {
    // Somebody else's request: nothing is sent, and it counts once it is there.
    const after = await confirmed(containment, args, id, context)
    return resultOf(id, { isChanged: false, before, after })
  }
  const differences = stateDifferences(planned.state, before)
  if (differences.length > 0) throw changed(differences)
  if (found.is === 'barred') throw barred(found.why)
  const lost = await sent(containment, args, id, context)
  const after = await confirmed(containment, args, id, context, lost)
  return resultOf(id, { isChanged: true, before, after })
}

/** @returns why nobody knows whether the service has taken the request; null where it said so */
async function sent<Args>(
  containment: Containment<Args>,
  args: Args,
  id: string,
  context: RunContext,
): Promise<Error | null> {
  const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, false)
  try {
    await repeat(
      () => containment.send(args, containment.request(args, id), limited(context)),
      { delaysMs: LOAD_DELAYS_MS, isSafe },
      context,
    )
    return null
  } catch (error) {
    if (error instanceof HttpFailure && mayHaveTaken(error)) return error
    throw error
  }
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
async function confirmed<Args>(
  containment: Containment<Args>,
  args: Args,
  id: string,
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
      else if (containment.standing(found.state).is === 'so') return found.state
      else last = stateInWords(found.state)
    }
  } catch (error) {
    last = errorMessage(error)
  }
  const why = lost === null ? `${containment.who} has taken the request` : errorMessage(lost)
  throw new UnknownOutcome(
    lost === null ? 'not_confirmed' : errorCode(lost),
    `${why}, but the target does not read so yet (${last}): look at ${containment.who}, then say here what you found.`,
  )
}

function stateInWords(state: JsonObject): string {
  return Object.entries(state)
    .map(([name, value]) => `${name} ${said(value)}`)
    .join(', ')
}

/** One look; what keeps it from succeeding in words, since the next one may. */
async function look<Args>(containment: Containment<Args>, args: Args, context: ReadContext): Promise<Reading | string> {
  try {
    return await containment.read(args, limited(context))
  } catch (error) {
    if (error instanceof TocsinError && error.code === 'stopped') throw error
    return errorMessage(error)
  }
}

function readAgain<Args>(containment: Containment<Args>, args: Args, context: RunContext): Promise<Reading> {
  const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, true)
  return repeat(() => containment.read(args, limited(context)), { delaysMs: LOAD_DELAYS_MS, isSafe }, context)
}

/**
 * After a crash. What the plan said decides whose act it is: it was not so then, so that it was most likely this attempt.
 * Where it is not so, it is not done: the run that follows reads again before it sends.
 */
async function probe<Args>(
  containment: Containment<Args>,
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
  const isChanged = containment.standing(planned.state).is === 'open'
  const done = (after: JsonObject): ProbeOutcome => ({
    state: 'done',
    result: resultOf(found.id, { isChanged, before: planned.state, after }),
  })
  switch (containment.standing(found.state).is) {
    case 'so':
      return done(found.state)
    case 'coming':
      return done(await confirmed(containment, args, found.id, context))
    case 'open':
    case 'barred':
      return { state: 'not_done' }
  }
}

/** The same, with less time for one request. */
function limited<Context extends ReadContext>(context: Context): Context {
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

function barred(why: string): TocsinError {
  return new TocsinError('target_barred', `${why}: nothing was sent.`)
}
