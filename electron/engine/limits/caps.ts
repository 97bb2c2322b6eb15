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
  const counts: Count[] = [
    { already: contained.chain, most: caps.chain, say: (of) => `this chain contains ${of} that one chain may` },
    ...[...contained.rule].map(([rule, already]) => ({
      already,
      most: caps.rule,
      say: (of: string) => `${ruleInWords(rule)} holds ${of} contained that one rule may`,
    })),
    { already: contained.hour, most: caps.hour, say: (of) => `the last hour saw ${of} contained that one hour may` },
  ]
  const found = counts.find(({ already, most }) => isBeyond(already, targets, most))
  if (found === undefined) return ''
  const { already, most, say } = found
  const [before, allowed, more] = [countOf(already), most, countOf(newOf(already, targets))].map((count) =>
    count.toLocaleString('en-US'),
  )
  return `The policy would let it go; a limit holds it: ${say(`${before} of the ${allowed} targets`)} without asking, and this is ${more} more.`
}

/** One cap, with what counts towards it. */
interface Count {
  already: readonly string[]
  most: number
  /** @param of "5 of the 5 targets" */
  say: (of: string) => string
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
