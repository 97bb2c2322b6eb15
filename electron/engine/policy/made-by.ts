import type { JsonValue } from '../../../shared/model/json.ts'
import { canonicalJson } from '../forms/canonical.ts'
import type { DecidingRules } from './toolchain/types.ts'

/**
 * The identity of what made an element, where the single rule cannot be told: the rule of this name as a whole, whatever its
 * clauses. `alert.aws/alert`
 */
export function wholeRule({ entrypoint, document }: Pick<DecidingRules, 'entrypoint' | 'document'>): string {
  return `${entrypoint.replaceAll('/', '.')}/${document}`
}

/**
 * The identities of the single rules, in their order: `alert.aws/alert@alert/aws.rego#1`, the last part being the rule's
 * title, or its number among the rules of that name in the file. They stay when rules move or other files change.
 */
function ruleIds(rules: DecidingRules): string[] {
  return rules.rules.map(({ file, label }) => `${wholeRule(rules)}@${file}#${label}`)
}

/** The one identity of all that the document may hold; null where several rules make it and have to be told apart. */
export function onlyMaker(rules: DecidingRules): string | null {
  const ids = ruleIds(rules)
  if (ids.length === 1) return ids[0] ?? null
  return rules.byRule === '' ? wholeRule(rules) : null
}

/**
 * Tells which rules made an element.
 * @param given what `rules.byRule` evaluated to
 * @returns more than one where several gave the same; `wholeRule` alone where none is found
 */
export function makersIn(rules: DecidingRules, given: JsonValue | undefined): (member: JsonValue) => string[] {
  const elements = elementsByRule(rules, given)
  const ids = ruleIds(rules)
  return (member) => {
    const wanted = canonicalJson(member)
    const found = ids.filter((_id, index) => elements[index]?.has(wanted))
    return found.length === 0 ? [wholeRule(rules)] : found
  }
}

/** By rule, each element as canonical JSON. A default holds where no other rule gives a value. */
function elementsByRule({ rules }: DecidingRules, given: JsonValue | undefined): ReadonlySet<string>[] {
  const values = rules.map((_rule, index) => valueOf(given, index))
  const isOverruled = rules.some(({ isDefault }, index) => !isDefault && values[index] !== undefined)
  return rules.map(({ isDefault }, index) => {
    const value = isDefault && isOverruled ? undefined : values[index]
    return new Set(Array.isArray(value) ? value.map(canonicalJson) : [])
  })
}

function valueOf(given: JsonValue | undefined, index: number): JsonValue | undefined {
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? given[`rule:${index}`] : undefined
}
