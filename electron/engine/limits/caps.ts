import { rangeText, readRange, sizeOf } from './address-range.ts'
import { nameForms } from './name-forms.ts'

/** How many targets may be contained without anybody being asked. */
export interface Caps {
  /** By one rule, at one time */
  rule: number
  /** Within one hour */
  hour: number
  /** By one run of one chain */
  chain: number
}

/** The keys (`countedKey`) of what counts towards each. */
export interface Contained {
  /** By rule; one element may be made by several */
  rule: ReadonlyMap<string, readonly string[]>
  hour: readonly string[]
  chain: readonly string[]
}

/** What rules of an action that is known by no rule begin with: its id in the policy stands for one. */
const BY_ID = 'id:'

/** Stands for the rule of an action of which no rule can be told. */
export function ruleById(uses: string, policyId: string): string {
  return `${BY_ID}${policyId === '' ? uses : `${policyId} of ${uses}`}`
}

/** A target as it is counted: once, in whatever spelling. */
export function countedKey(target: string): string {
  const range = readRange(target)
  return range === null ? ([...nameForms(target)][0] ?? target) : rangeText(range)
}

/**
 * The first cap that these targets go beyond: what is contained already counts no further.
 * @returns in words for the card; '' where they are within all
 */
export function beyondCap(caps: Caps, contained: Contained, targets: readonly string[]): string {
  const counts = [
    { already: contained.chain, most: caps.chain, whose: 'this chain has contained', per: 'one chain' },
    ...[...contained.rule].map(([rule, already]) => ({
      already,
      most: caps.rule,
      whose: `${ruleInWords(rule)} holds contained at this time`,
      per: 'one rule',
    })),
    { already: contained.hour, most: caps.hour, whose: 'the last hour has seen contained', per: 'one hour' },
  ]
  const found = counts.find(({ already, most }) => isBeyond(already, targets, most))
  if (found === undefined) return ''
  const { already, most, whose, per } = found
  const [before, more] = [countOf(already), countOf(newOf(already, targets))]
  return `It waits by a limit, whatever the policy says: ${whose} ${before.toLocaleString('en-US')} of the ${most.toLocaleString('en-US')} targets that ${per} may without asking, and this is ${more.toLocaleString('en-US')} more.`
}

function ruleInWords(rule: string): string {
  return rule.startsWith(BY_ID)
    ? `what the policy calls ${rule.slice(BY_ID.length)} (its rule is not known)`
    : `its rule ${rule}`
}

function isBeyond(already: readonly string[], targets: readonly string[], most: number): boolean {
  const added = newOf(already, targets)
  return added.length > 0 && countOf(already) + countOf(added) > most
}

function newOf(already: readonly string[], targets: readonly string[]): string[] {
  const known = new Set(already)
  return [...new Set(targets)].filter((target) => !known.has(target))
}

/** A range counts as the addresses that it holds. */
function countOf(keys: readonly string[]): number {
  return [...new Set(keys)].reduce((sum, key) => sum + sizeOfKey(key), 0)
}

function sizeOfKey(key: string): number {
  const range = readRange(key)
  return range === null ? 1 : sizeOf(range)
}
