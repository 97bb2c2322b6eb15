import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Inspected } from '../../../../shared/model/report.ts'
import { readInspected } from '../../actions/read-inspected.ts'
import { callKey } from '../../chain/rounds/proposals.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import { ruleElements, type ResultObject } from '../../policy/policy-result.ts'

/** The package that decides what is looked up about an attribute of a report. */
export const INSPECT_ENTRYPOINT = 'inspect'

/**
 * What a policy wants to know of one attribute: an action to ask with its arguments; or, where `uses` is '', what the policy
 * knows by itself, for which nothing runs.
 */
export interface WantedInspection extends Inspected {
  uses: string
  args: JsonObject
}

/** More questions about one attribute are a rule that went wild. */
const MAX_INSPECTIONS = 32

/**
 * What `inspect` says about one attribute, in its order; what asks the same, or says the same, is there once.
 * @param document what the package evaluated to
 * @throws TocsinError `policy_result` on a wrong type or form
 */
export function readInspections(document: JsonValue | undefined): WantedInspection[] {
  const wanted = new Map<string, WantedInspection>()
  for (const element of ruleElements(document, 'inspect')) {
    const one = toInspection(element)
    const key = keyOf(one)
    if (!wanted.has(key)) wanted.set(key, one)
  }
  if (wanted.size > MAX_INSPECTIONS) {
    throw new TocsinError(
      'policy_result',
      `The policy asks ${wanted.size} things about one attribute, at most ${MAX_INSPECTIONS} are taken: change the rule and re-inspect`,
    )
  }
  return [...wanted.values()]
}

function toInspection(element: ResultObject): WantedInspection {
  const uses = element.text('uses')
  const args = element.object('args') ?? {}
  const known = whatIsKnown(element)
  if (uses !== '' && known !== null)
    throw twoInOne(element, `names the action ${uses} and says itself what is known: make two elements of it`)
  if (uses === '' && known === null)
    throw twoInOne(element, 'names no action (uses) and says nothing itself (findings, attributes): add one of them')
  return { uses, args, ...(known ?? { summary: '', findings: [], attributes: [] }) }
}

/** @returns null where the element says nothing by itself */
function whatIsKnown(element: ResultObject): Inspected | null {
  const summary = element.text('summary')
  const [findings, attributes] = [element.list('findings'), element.list('attributes')]
  if (element.any('findings') === null && element.any('attributes') === null) return null
  try {
    return readInspected({ summary, findings, attributes })
  } catch (error) {
    throw new TocsinError(
      'policy_result',
      `The policy's ${element.place(errorMessage(error))}: change the rule and re-inspect`,
      { cause: error },
    )
  }
}

function twoInOne(element: ResultObject, what: string): TocsinError {
  return new TocsinError('policy_result', `The policy's ${element.where} ${what}`)
}

function keyOf({ uses, args, findings, attributes, summary }: WantedInspection): string {
  return uses === '' ? canonicalHash([findings, attributes, summary]) : callKey(uses, canonicalHash(args))
}
