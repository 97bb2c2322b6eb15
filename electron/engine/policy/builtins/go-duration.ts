import { BuiltinError, NeedsFullEvaluator } from './builtin.ts'

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n, // micro sign
  μs: 1000n, // Greek mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** OPA's own units, in hours. */
const HOURS: Record<string, number> = { d: 24, w: 7 * 24, y: 365 * 24 }
const MAX_INT64 = 2n ** 63n - 1n

const PART = /(\d*)(?:(\.)(\d*))?([^\d.]+)/y

/**
 * Nanoseconds of a duration as Go writes it (`1h30m`, `-1.5s`), also with OPA's `d`, `w`, `y`.
 * @throws BuiltinError when it is none, or is beyond 292 years
 */
export function durationNs(text: string): bigint {
  const [, sign = '', body = ''] = /^([-+]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0n
  const parts = /[dwy]/.test(body) ? inHours(body) : body
  let total = 0n
  let at = 0
  do {
    PART.lastIndex = at
    const match = PART.exec(parts)
    if (!match) throw invalid(text)
    total += partNs(match, text)
    at = PART.lastIndex
  } while (at < parts.length)
  // One more than the largest positive is allowed with a minus.
  if (total > MAX_INT64 + (sign === '-' ? 1n : 0n)) throw invalid(text)
  return sign === '-' ? -total : total
}

function partNs(match: RegExpExecArray, text: string): bigint {
  const [, whole = '', , fraction = '', unit = ''] = match
  const ns = UNITS[unit]
  if (ns === undefined || (whole === '' && fraction === '')) throw invalid(text)
  // Longer fractions overflow Go's own counter, which then stops reading digits.
  if (fraction.length > 15) throw new NeedsFullEvaluator('a long fraction')
  const more = fraction === '' ? 0 : Number(fraction) * (Number(ns) / 10 ** fraction.length)
  return BigInt(whole) * ns + BigInt(Math.trunc(more))
}

/** OPA rewrites days, weeks and years to hours before Go reads the text. */
function inHours(text: string): string {
  if (!/^(?:[\d.]+(?:ms|us|µs|ns|[a-z]))+$/.test(text)) throw invalid(text)
  return text.replace(/([\d.]+)(ms|us|µs|ns|[a-z])/g, (part: string, digits: string, unit: string) => {
    const hours = HOURS[unit]
    if (hours === undefined) return part
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) throw invalid(text)
    const product = Number(digits) * hours
    if (product >= 1e21 || /e/.test(String(product))) throw new NeedsFullEvaluator('an extreme duration')
    return `${product}h`
  })
}

function invalid(text: string): BuiltinError {
  return new BuiltinError(`time: invalid duration ${text}`)
}
