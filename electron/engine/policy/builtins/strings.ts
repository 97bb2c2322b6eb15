import { BuiltinError, integerOperand, stringOperand, stringsOperand, type Builtin } from './builtin.ts'
import type { RegoValue } from '../rego-value.ts'

/** One string, or all of an array or a set. */
function anyStrings(value: RegoValue | undefined): string[] {
  return typeof value === 'string' ? [value] : stringsOperand(value)
}

const anyPrefixMatch: Builtin = (_context, search, base) => {
  const texts = anyStrings(search)
  const prefixes = anyStrings(base)
  return texts.some((text) => prefixes.some((prefix) => text.startsWith(prefix)))
}

const anySuffixMatch: Builtin = (_context, search, base) => {
  const texts = anyStrings(search)
  const suffixes = anyStrings(base)
  return texts.some((text) => suffixes.some((suffix) => text.endsWith(suffix)))
}

/** Occurrences that do not overlap; of the empty string, one more than there are characters. */
const count: Builtin = (_context, text, search) => {
  const [where, what] = [stringOperand(text), stringOperand(search)]
  return what === '' ? Array.from(where).length + 1 : where.split(what).length - 1
}

/** The first `n` parts, or with a negative `n` the last ones. */
const splitN: Builtin = (_context, text, delimiter, limit) => {
  const [where, what] = [stringOperand(text), stringOperand(delimiter)]
  const n = integerOperand(limit)
  const parts = what === '' ? Array.from(where) : where.split(what)
  if (n < 0n) return parts.slice(Math.max(parts.length + Number(n), 0))
  return parts.slice(0, Number(n))
}

/** Places of all occurrences, overlapping ones too, counted in characters. */
const indexOfN: Builtin = (_context, text, search) => {
  const where = Array.from(stringOperand(text))
  const what = Array.from(stringOperand(search))
  if (what.length === 0) throw new BuiltinError('empty search character')
  const places: number[] = []
  for (let i = 0; i + what.length <= where.length; i++) {
    if (what.every((character, offset) => where[i + offset] === character)) places.push(i)
  }
  return places
}

export const stringBuiltins: Record<string, Builtin> = {
  'strings.any_prefix_match': anyPrefixMatch,
  'strings.any_suffix_match': anySuffixMatch,
  'strings.count': count,
  'strings.split_n': splitN,
  indexof_n: indexOfN,
}
