import { z } from 'zod'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Standing } from '../containment-model.ts'
import { said } from '../../forms/said.ts'

/** Of Defender's model `machineAction`, what is read. */
export const machineActionSchema = z.object({
  id: z.string().regex(/^[0-9a-fA-F-]{1,64}$/),
  type: z.string(),
  scope: z.string().nullish(),
  status: z.string(),
  machineId: z.string(),
  creationDateTimeUtc: z.string(),
  cancellationComment: z.string().nullish(),
})
export type MachineAction = z.infer<typeof machineActionSchema>

export type IsolationVerb = 'Isolate' | 'Unisolate'
const VERBS: readonly string[] = ['Isolate', 'Unisolate'] satisfies IsolationVerb[]

const UNDER_WAY: readonly string[] = ['Pending', 'InProgress']
const GIVEN_UP: readonly string[] = ['Failed', 'TimeOut', 'Cancelled']

/**
 * What a machine's isolation is by the actions on it: Defender keeps no other record that can be asked. The newest one that
 * succeeded says what it is. What tells of the newest one alone begins with `request_`: it may fail and leave the machine as it was.
 * @param actions in any order; of other types too
 */
export function isolationState(actions: readonly MachineAction[]): JsonObject {
  const newestFirst = actions
    .filter(({ type }) => VERBS.includes(type))
    .toSorted((a, b) => compare(b.creationDateTimeUtc, a.creationDateTimeUtc))
  const done = newestFirst.find(({ status }) => status === 'Succeeded')
  const underWay = newestFirst.find(({ status }) => UNDER_WAY.includes(status))
  const isIsolated = done?.type === 'Isolate'
  const [newest] = newestFirst
  return {
    status: isIsolated ? 'isolated' : 'not isolated',
    isolation: isIsolated ? (done.scope ?? 'Full') : null,
    since: done?.id ?? null,
    under_way: underWay?.type ?? null,
    ...(newest === undefined ? {} : requestOf(newest)),
  }
}

function requestOf({ id, type, status, cancellationComment = null }: MachineAction): JsonObject {
  const told: JsonObject = { request_id: id, request_type: type, request_status: status }
  return cancellationComment === null ? told : { ...told, request_cancelled: cancellationComment }
}

/**
 * How a machine stands to what an action asks of it.
 * @param wanted what the action asks for; `isolation` of Isolate
 * @param before what it was when the request was sent; null before there was one
 */
export function isolationStanding(
  state: JsonObject,
  wanted: { verb: IsolationVerb; isolation: string },
  before: JsonObject | null,
): Standing {
  const { status, isolation, under_way: underWay } = state
  if (underWay === wanted.verb) return { is: 'coming' }
  if (underWay !== null) return { is: 'barred', why: `Defender has an ${said(underWay)} of the machine under way` }
  const isIsolated = status === 'isolated'
  if (isIsolated !== (wanted.verb === 'Isolate')) return givenUp(state, wanted.verb, before) ?? { is: 'open' }
  if (!isIsolated || isolation === wanted.isolation) return { is: 'so' }
  const why = `The machine is isolated already, as ${said(isolation)} and not ${wanted.isolation}: release it first`
  return { is: 'barred', why }
}

/** A request that came after ours was sent, is of its kind, and will not be carried out any more. */
function givenUp(state: JsonObject, verb: IsolationVerb, before: JsonObject | null): Standing | null {
  const { request_id: id, request_type: type, request_status: status, request_cancelled: comment } = state
  if (before === null || id === before['request_id'] || type !== verb) return null
  if (typeof status !== 'string' || !GIVEN_UP.includes(status)) return null
  const words = comment === undefined ? '' : ` (${said(comment)})`
  return { is: 'failed', why: `Defender ended the ${verb} ${said(id)} as ${status}${words}` }
}

/** Moments of one zone and form (`2018-12-04T12:43:57.2011911Z`), finer than a date holds. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
