import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Handles } from '../secrets/handles.ts'
import type { EvaluateRequest, Evaluation } from './evaluation.ts'
import { isByRule, isOfEvent, seenAs } from './entrypoint-names.ts'

/** Where a policy hands a secret over: the arguments of an action, which are checked and filled in when it runs. */
const ACTIONS = 'run'
const ARGUMENTS = 'args'

/** The package whose input holds `input.env`. */
const ACTION = 'action'

/**
 * Evaluates with handles kept where they belong: an event is broken where it holds one, and only arguments hand one on.
 * @param evaluate the pool's
 */
export async function evaluateKeeping(
  handles: Handles,
  request: EvaluateRequest,
  evaluate: (request: EvaluateRequest) => Promise<Evaluation>,
): Promise<Evaluation> {
  const input = isOfEvent(request.entrypoint) ? handles.brokenBytes(request.input) : request.input
  const evaluation = await evaluate({ ...request, input })
  if (seenAs(request.entrypoint) !== ACTION) return evaluation
  return withoutHandles(evaluation, handles, isByRule(request.entrypoint) ? () => true : isActions)
}

/**
 * What an action policy said, with `‹NAME›` for every handle that stands elsewhere than in an action's arguments: names,
 * reasons and attributes are stored, shown and sent to others.
 * @param isOfActions whether a member of the result lists actions
 * @returns the same evaluation where there is none
 */
export function withoutHandles(
  evaluation: Evaluation,
  handles: Handles,
  isOfActions: (member: string) => boolean = isActions,
): Evaluation {
  const { result } = evaluation
  if (!isObject(result)) return evaluation
  const kept = mapMembers(result, (rule, value) => {
    if (!isOfActions(rule) || !Array.isArray(value)) return handles.brokenValue(value)
    return mapElements(value, (element) =>
      isObject(element)
        ? mapMembers(element, (key, member) => (key === ARGUMENTS ? member : handles.brokenValue(member)))
        : handles.brokenValue(element),
    )
  })
  return kept === result ? evaluation : { ...evaluation, result: kept, text: JSON.stringify(kept) }
}

function isActions(member: string): boolean {
  return member === ACTIONS
}

/** @returns the same object where nothing changed */
function mapMembers(value: JsonObject, change: (key: string, member: JsonValue) => JsonValue): JsonObject {
  const entries = Object.entries(value).map(([key, member]) => [key, member, change(key, member)] as const)
  const isSame = entries.every(([, before, after]) => before === after)
  return isSame ? value : Object.fromEntries(entries.map(([key, , after]) => [key, after]))
}

/** @returns the same list where nothing changed */
function mapElements(value: JsonValue[], change: (element: JsonValue) => JsonValue): JsonValue[] {
  const changed = value.map(change)
  return changed.every((element, at) => element === value[at]) ? value : changed
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
