import { z } from 'zod'
import { jsonObject, type JsonObject, type JsonValue } from '../../../shared/model/json.ts'
import { canonicalJson } from '../forms/canonical.ts'
import { said } from '../forms/said.ts'
import type { ActionPlan } from './action-port.ts'

/** What results of containing actions say beside their own fields (`interfaces.md` §5). */
const resultSchema = z.object({
  /** False: the target was so already, and nothing was sent. */
  changed: z.boolean(),
  /** What the target was before, as it was read. */
  before: jsonObject,
  /** What it was left as, read back after the effect; where the action reads its target. */
  after: jsonObject.optional(),
})

const boundSchema = z.object({ state: jsonObject })

/** Whether an action found its target as it would have made it. False of a result that does not say. */
export function changedNothing(result: JsonValue): boolean {
  const parsed = resultSchema.safeParse(result)
  return parsed.success && !parsed.data.changed
}

/** What a containing action left its target as; null of a result that does not say. */
export function leftState(result: JsonValue): JsonObject | null {
  return resultSchema.safeParse(result).data?.after ?? null
}

/**
 * Compares what a containing action left with what the plan of its undo read.
 * @returns what differs, one `name: was left A, is B` each; empty where one of the two says nothing
 */
export function changedSince(result: JsonValue, undoPlan: Pick<ActionPlan, 'bound'>): string[] {
  const left = leftState(result)
  const present = boundSchema.safeParse(undoPlan.bound).data?.state
  return left === null || present === undefined ? [] : stateDifferences(left, present)
}

/** Names of a state that tell of the newest request for a target, not of the target: one that failed has changed nothing. */
const OF_REQUEST = /^request_/

/**
 * @returns what differs between two states, one `name: was left A, is B` each; without what tells of requests alone. Of an
 * object in both only the names inside that differ: `name inner: was left A, is B`
 */
export function stateDifferences(left: JsonObject, present: JsonObject): string[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(present)])]
  return names.filter((name) => !OF_REQUEST.test(name)).flatMap((name) => differences(name, left[name], present[name]))
}

function differences(name: string, was: JsonValue | undefined, is: JsonValue | undefined): string[] {
  if (canonicalJson(was ?? null) === canonicalJson(is ?? null)) return []
  if (!isObject(was) || !isObject(is)) return [`${name}: was left ${said(was)}, is ${said(is)}`]
  const inner = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return inner.flatMap((key) => differences(`${name} ${key}`, was[key], is[key]))
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a time that a state has lies after that of an earlier one; what had none then lies before every time. */
export function isLater(present: JsonValue | undefined, before: JsonValue | undefined): boolean {
  if (typeof present !== 'string') return false
  return typeof before !== 'string' || Date.parse(present) > Date.parse(before)
}
