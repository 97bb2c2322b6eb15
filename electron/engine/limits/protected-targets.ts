import { overlap, readRange, type AddressRange } from './address-range.ts'
import { nameForms, userForms } from './name-forms.ts'

/** Something that no policy and no edit may contain. */
export interface Protection {
  /** A name, an address or a range; `*.example.com` is every host below that domain. */
  value: string
  /** Why, in words that go on after "is protected:". */
  why: string
  /**
   * `user`: also as the log-in name within another one. `network`: compared with what the arguments name only, since a
   * private network that a service tells of may be another one with the same numbers.
   */
  kind?: 'user' | 'network'
}

/** What an action would act on, under every name that is known. */
export interface TargetNames {
  /** By its arguments */
  given: readonly string[]
  /** By what was read of the target: its id, and what else the service says of it */
  read: readonly string[]
}

/** The name that is protected, and by what. */
export interface Barred {
  name: string
  by: Protection
}

/** What separates the parts of a list in one text, and addresses from the words around them. */
const LIST = /[,;\n]+/
const WORDS = /[\s,;()]+/
/** What block lists write before a domain to say "and all below it". */
const ALL_BELOW = /^(?:\|\||\*\.|\.)/

/**
 * Whether one of these names is a protected one, in whatever spelling, or holds one: a range with a protected address in
 * it, a domain with a protected host below it.
 * @returns the first that is; null when none is
 */
export function findProtected({ given, read }: TargetNames, protections: readonly Protection[]): Barred | null {
  const rules = protections.map(ruleOf)
  for (const [names, isGiven] of [[given, true] as const, [read, false] as const]) {
    for (const name of new Set(names)) {
      const target = targetOf(name, isGiven)
      const rule = rules.find(({ by, bars }) => (isGiven || by.kind !== 'network') && bars(target))
      if (rule !== undefined) return { name, by: rule.by }
    }
  }
  return null
}

/** A target as it is compared. */
interface Target {
  ranges: AddressRange[]
  /** Forms of the whole, and of each part of a list */
  names: ReadonlySet<string>
  /** The same, and the log-in names within them */
  users: ReadonlySet<string>
}

function targetOf(name: string, isGiven: boolean): Target {
  const parts = [...new Set([name, ...name.split(LIST)])]
  const ranges = [...new Set([...parts, ...name.split(WORDS)])]
    .map((part) => readRange(part, { isBareNumber: isGiven }))
    .filter((range) => range !== null)
  const names = parts.flatMap((part) => [...nameForms(part.trim().replace(ALL_BELOW, '').replace(/\^$/, ''))])
  return { ranges, names: new Set(names), users: new Set(parts.flatMap((part) => [...userForms(part)])) }
}

interface Rule {
  by: Protection
  bars: (target: Target) => boolean
}

function ruleOf(by: Protection): Rule {
  const range = readRange(by.value)
  if (range !== null) return { by, bars: ({ ranges }) => ranges.some((one) => overlap(one, range)) }
  const isBelow = by.value.startsWith('*.')
  const forms = [...nameForms(isBelow ? by.value.slice(2) : by.value)]
  if (by.kind === 'user') return { by, bars: ({ users }) => forms.some((form) => users.has(form)) }
  const above = forms.flatMap(withDomainsAbove)
  const isHere = ({ names }: Target): boolean => above.some((name) => names.has(name))
  if (!isBelow) return { by, bars: isHere }
  const ends = forms.map((form) => `.${form}`)
  const isUnder = ({ names }: Target): boolean => [...names].some((name) => ends.some((end) => name.endsWith(end)))
  return { by, bars: (target) => isHere(target) || isUnder(target) }
}

/** `a.b.c`, `b.c`, `c`: whoever contains a domain contains the hosts below it. */
function withDomainsAbove(form: string): string[] {
  const labels = form.split('.')
  return labels.map((_label, index) => labels.slice(index).join('.'))
}

/** Longer than any name of a host (253) or an address of mail (254). */
const MAX_ENTRY = 254

/**
 * Whether a line of the setting can be meant.
 * @returns what is wrong with it; '' where nothing is
 */
export function faultOfEntry(entry: string): string {
  const shown = `“${entry.slice(0, 80)}”`
  if (entry.trim() === '') return 'An empty line protects nothing: leave it out.'
  if (entry.length > MAX_ENTRY) return `${shown} is longer than a name can be (${MAX_ENTRY} characters).`
  if (readRange(entry) !== null) return ''
  if (/^[\d.:a-f]+\/|^[\d.]+$/i.test(entry))
    return `${shown} is no address and no range: write 10.0.0.5, 10.0.0.0/8 or a name.`
  const star = entry.replace(/^\*\./, '')
  if (star.includes('*')) return `${shown}: a star stands only before a domain: *.example.com.`
  return nameForms(star).size === 0 ? `${shown} is no name.` : ''
}
