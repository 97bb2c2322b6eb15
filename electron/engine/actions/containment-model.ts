import type { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ActionDefinition, ReadContext, Reading, RunContext } from './action-definition.ts'
import type { ActionPlan } from './action-port.ts'

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
  /** After the service had taken it: the service gave it up, and says why. */
  | { is: 'failed'; why: string }

/** What such an action says of itself; the rest is the same for all. */
export interface Containment<Args extends object, Request extends ServiceRequest = ServiceRequest> extends Pick<
  ActionDefinition<Args>,
  | 'uses'
  | 'secretArgs'
  | 'lockedArgs'
  | 'undo'
  | 'noUndo'
  | 'irreversible'
  | 'title'
  | 'target'
  | 'targetKey'
  | 'targets'
  | 'effectSentence'
  | 'names'
  | 'mustAsk'
  | 'inverse'
> {
  args: z.ZodObject & z.ZodType<Args>
  /**
   * Of one whose target ends it by itself: `args` has `for` and the requests carry it. All others that can be undone get
   * the argument here, and their inverse is proposed when its time is up.
   */
  isEndedByTarget?: true
  /** A request that the service has taken may not show in the target at once, not even as under way. */
  showsLate?: true
  /** The service's name for a person. */
  who: string
  /** What the plan shows and binds beside the target: what will be run there, by its hash. */
  facts?: () => PlanFacts
  read(args: Args, context: ReadContext): Promise<Reading>
  /**
   * Of one that could shut the desk out, by containing what it logs in with: why it could not be taken back; null where it
   * could. Asked for the plan, and again before anything is sent.
   */
  shutsOut?(args: Args, reading: Reading, context: ReadContext): Promise<string | null>
  /** @param before what the target was when the request was sent; null before there was one */
  standing(state: JsonObject, args: Args, before: JsonObject | null): Standing
  /**
   * Of one that takes several requests: whether all that differs from the plan is what earlier ones have made so, in an
   * attempt that did not come to its end. Then the rest is sent, and what the plan read stays what it was before.
   */
  isPartly?(planned: JsonObject, present: JsonObject, args: Args): boolean
  /** The requests that make it so, in their order, for the very target that was read: the plan shows what is sent. */
  requests(args: Args, reading: Reading): Request[]
  /** Sends one. Throws HttpFailure unless the service has taken it. */
  send(args: Args, request: Request, context: RunContext): Promise<void>
}

/** Rows of a plan, and what of them must still be true when it runs. */
export interface PlanFacts {
  rows: ActionPlan['rows']
  bound: JsonObject
}

/** One request with an effect as it stands on the card; without what logs it in. */
export interface ServiceRequest {
  /** What is called: "POST https://…", "EC2 ModifyNetworkInterfaceAttribute". */
  call: string
  body?: JsonValue
  /** Changes nothing of what is read of the target: when the next one is refused, nothing was done to it. */
  isBeside?: boolean
}

/** One over plain HTTP. */
export interface HttpRequest extends ServiceRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
}

/** @returns the request with what the card says of it */
export function httpRequest(method: HttpRequest['method'], url: string, body?: JsonValue): HttpRequest {
  return { method, url, call: `${method} ${url}`, ...(body === undefined ? {} : { body }) }
}
