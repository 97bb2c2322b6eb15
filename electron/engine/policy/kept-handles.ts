import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { HANDLE_BEGIN, type Handles } from '../secrets/handles.ts'
import type { EvaluateRequest, Evaluation, FirstRound } from './evaluation.ts'
import { isByRule, isOfEvent, seenAs } from './entrypoint-names.ts'

/** Where a policy hands a secret over: the arguments of an action, which are checked and filled in when it runs. */
const ACTIONS = 'run'
const ARGUMENTS = 'args'

/** The packages whose input holds handles in `input.env`, and the rule that lists actions; a review names none. */
const WITH_HANDLES: ReadonlyMap<string, string | null> = new Map([
  ['action', ACTIONS],
  ['emit', ACTIONS],
  ['inspect', 'inspect'],
  ['review', null],
])

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
  const list = WITH_HANDLES.get(seenAs(request.entrypoint))
  if (list !== undefined)
    return withoutHandles(evaluation, handles, (member) => isByRule(request.entrypoint) || member === list)
  const { firstRounds, stored, ...rest } = evaluation
  return {
    ...rest,
    ...(firstRounds ? { firstRounds: firstRounds.map((round) => ofRound(round, handles)) } : {}),
    // What is stored is the event as it came.
    ...(stored && input === request.input ? { stored } : {}),
  }
}

/** The same for what the action policy said in a first round. */
function ofRound(round: FirstRound | null, handles: Handles): FirstRound | null {
  if (!round?.evaluations.some(({ text }) => text?.includes(HANDLE_BEGIN))) return round
  const evaluations = round.evaluations.map((evaluation) => {
    const { text } = evaluation
    if (text === null) return evaluation
    const kept = keptIn(JSON.parse(text) as JsonValue, handles, isActions) // written by the policy thread
    return { ...evaluation, text: JSON.stringify(kept) }
  })
  return { ...round, evaluations }
}

/**
 * What a policy said that sees `input.env`, with `‹NAME›` for every handle that stands elsewhere than in an action's
 * arguments: names, reasons, findings and attributes are stored, shown and sent to others.
 * @param isOfActions whether a member of the result lists actions
 * @returns the same evaluation where there is none
 */
function withoutHandles(
  evaluation: Evaluation,
  handles: Handles,
  isOfActions: (member: string) => boolean,
): Evaluation {
  const { result } = evaluation
  if (result === undefined) return evaluation
  const kept = keptIn(result, handles, isOfActions)
  return kept === result ? evaluation : { ...evaluation, result: kept, text: JSON.stringify(kept) }
}

/** @returns the same document where there is none */
function keptIn(document: JsonValue, handles: Handles, isOfActions: (member: string) => boolean): JsonValue {
  if (!isObject(document)) return document
  return mapMembers(document, (rule, value) => {
    if (!isOfActions(rule) || !Array.isArray(value)) return handles.brokenValue(value)
    return mapElements(value, (element) =>
      isObject(element)
        ? mapMembers(element, (key, member) => (key === ARGUMENTS ? member : handles.brokenValue(member)))
        : handles.brokenValue(element),
    )
  })
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
