import { z } from 'zod'
import type { JsonValue } from '../../../shared/model/json.ts'
import { DURATION_FORMS, readDuration } from '../forms/duration.ts'
import { defineAction, type Action, type ReadContext, type Reading } from './action-definition.ts'
import type { ActionPlan, Expiry, Verification } from './action-port.ts'
import type { Containment, PlanFacts, ServiceRequest, Standing } from './containment-model.ts'
import { assertWayBack, barred, confirm, isBarred, isPartly, limited, probe, run, verify } from './containment-run.ts'
import { said } from '../forms/said.ts'

/** Its time-out: a minute and a quarter to confirm, the rest for what comes before. */
export const CONTAINMENT_TIMEOUT_MS = 120_000

/**
 * An action that changes one target at a service and can read it. The plan binds what the target is; the run reads it again,
 * sends nothing where it is so already, and has succeeded only when the target itself reads as it should: the service's
 * word alone is not enough. What does not read so at once is left to be confirmed later.
 */
export function defineContainment<Args extends object, Request extends ServiceRequest = ServiceRequest>(
  containment: Containment<Args, Request>,
): Action {
  const { args: own, undo, isEndedByTarget, irreversible } = containment
  // What is added is optional and no argument of the action's own, so that the parsed ones are still those.
  const args = undo === null || isEndedByTarget ? own : (own.extend({ for: forArg }) as typeof own)
  const later = (given: Args, result: JsonValue, context: ReadContext): Promise<Verification> =>
    verify(containment, given, result, context)
  return defineAction<Args>({
    ...containment,
    args,
    expiry: (given) => expiryOf(given, isEndedByTarget === true),
    inverse: (given, result) => containment.inverse?.(withoutEnd(given), result) ?? null,
    timeoutMs: CONTAINMENT_TIMEOUT_MS,
    retryDelaysMs: [],
    effect: () => 'contain',
    isIdempotent: () => false,
    async read(given, context) {
      const reading = await containment.read(given, limited(context))
      await assertWayBack(containment, given, reading, context)
      return reading
    },
    isPartly: (given, planned, present) => isPartly(containment, given, planned, present),
    async plan(given, _subject, reading) {
      if (reading === null) throw new Error(`${containment.uses} is planned without a look at its target`)
      const standing = containment.standing(reading.state, given, null)
      const requests = standing.is === 'open' ? containment.requests(given, reading) : []
      return planOf(reading, standing, requests, containment.facts?.())
    },
    run: (given, context) => run(containment, given, context),
    confirm: (given, accepted, context) => confirm(containment, given, accepted, context),
    // What nobody can take back does not come back by itself either.
    ...(irreversible === true ? {} : { verify: later }),
    probe: (given, intent, context) => probe(containment, given, intent, context),
  })
}

/** The argument that says after how long a containment ends. */
export const forArg = z
  .string()
  .refine((text) => readDuration(text) !== null, `is no time: ${DURATION_FORMS} are`)
  .optional()
  .describe('When it ends again: "4h"')

function expiryOf(args: object, isByTarget: boolean): Expiry | null {
  const afterMs = 'for' in args ? readDuration(args.for) : null
  return afterMs === null ? null : { afterMs, isByTarget }
}

/** Its inverse is for good. */
function withoutEnd<Args extends object>(args: Args): Args {
  // `for` is optional in whatever takes it.
  return Object.fromEntries(Object.entries(args).filter(([name]) => name !== 'for')) as Args
}

function planOf(
  { id, state, rows }: Reading,
  standing: Standing,
  requests: readonly ServiceRequest[],
  facts: PlanFacts = { rows: [], bound: {} },
): ActionPlan {
  if (isBarred(standing)) throw barred(standing.why)
  const present = Object.entries(state).map(([name, value]) => ({ key: `Present ${name}`, value: said(value) }))
  return {
    rows: [...rows, ...present, ...facts.rows, ...changeRows(standing, requests)],
    bound: { ...facts.bound, id, state },
  }
}

function changeRows({ is }: Standing, requests: readonly ServiceRequest[]): ActionPlan['rows'] {
  if (is === 'so') return [{ key: 'Change', value: 'none: it is so already' }]
  if (is === 'coming') return [{ key: 'Change', value: 'none: it is on its way already' }]
  return requests.flatMap(({ call, body }, index) => {
    const no = requests.length === 1 ? '' : ` ${index + 1} of ${requests.length}`
    const request = { key: `Request${no}`, value: call }
    return body === undefined ? [request] : [request, { key: `Body${no}`, value: JSON.stringify(body) }]
  })
}
