import { compareStrings } from '../canonical-order.ts'
import { BuiltinError, stringOperand, type Builtin } from './builtin.ts'

interface Version {
  numbers: bigint[]
  preRelease: string
}

const IDENTIFIERS = /^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/
const MAX_INT64 = 2n ** 63n - 1n

/** OPA's own reader of semantic versions: a leading `v` is allowed. */
function parse(text: string): Version | null {
  const [version = '', metadata] = cut(text.replace(/^v/, ''), '+')
  if (metadata !== undefined && !IDENTIFIERS.test(metadata)) return null
  const [core = '', preRelease] = cut(version, '-')
  if (preRelease !== undefined && !(IDENTIFIERS.test(preRelease) && hasPlainNumbers(preRelease))) return null
  const parts = core.split('.')
  if (parts.length !== 3 || !parts.every((part) => /^(0|[1-9]\d*)$/.test(part))) return null
  const numbers = parts.map(BigInt)
  return numbers.every((number) => number <= MAX_INT64) ? { numbers, preRelease: preRelease ?? '' } : null
}

function cut(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** No identifier of digits has a leading zero. */
function hasPlainNumbers(preRelease: string): boolean {
  return preRelease.split('.').every((identifier) => !/^0\d+$/.test(identifier))
}

function compareVersions(a: Version, b: Version): number {
  for (const [i, number] of a.numbers.entries()) {
    const other = b.numbers[i] ?? 0n
    if (number !== other) return number > other ? 1 : -1
  }
  if (a.preRelease === b.preRelease) return 0
  if (a.preRelease === '') return 1
  if (b.preRelease === '') return -1
  return comparePreReleases(a.preRelease.split('.'), b.preRelease.split('.'))
}

function comparePreReleases(a: string[], b: string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]]
    if (x === undefined) return -1
    if (y === undefined) return 1
    const order = compareIdentifiers(x, y)
    if (order !== 0) return order
  }
  return 0
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  if (!isNumberA) return Math.sign(compareStrings(a, b))
  // Go's Atoi stops at the largest 64-bit integer.
  const [x, y] = [a, b].map((digits) => (BigInt(digits) > MAX_INT64 ? MAX_INT64 : BigInt(digits)))
  return x === y ? 0 : (x ?? 0n) > (y ?? 0n) ? 1 : -1
}

const compare: Builtin = (_context, a, b) => {
  const [left, right] = [parse(stringOperand(a)), parse(stringOperand(b))]
  if (!left || !right) throw new BuiltinError('not a valid SemVer')
  return compareVersions(left, right)
}

export const semverBuiltins: Record<string, Builtin> = {
  'semver.compare': compare,
  'semver.is_valid': (_context, version) => typeof version === 'string' && parse(version) !== null,
}
