/** A decimal number 0.d₁d₂d₃… × 10^point; `digits` is '0' for zero. */
export interface Digits {
  isNegative: boolean
  digits: string
  point: number
}

/** The shortest digits that give the double back, which are the same in Go and JavaScript. */
export function shortestDigits(value: number): Digits {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e')
  return { isNegative: isNegative(value), digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** All digits of the double's exact value. */
function exactDigits(value: number): Digits {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, Math.abs(value))
  const raw = bits.getBigUint64(0)
  const exponent = Number(raw >> 52n)
  const fraction = raw & ((1n << 52n) - 1n)
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const power = Math.max(exponent, 1) - 1075
  const digits = (power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power)).toString()
  return { isNegative: isNegative(value), digits, point: digits.length + Math.min(power, 0) }
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0)
}

/** The exact value rounded half to even to `count` digits, as Go rounds. */
function roundedDigits(value: number, countOf: (exact: Digits) => number): Digits {
  const exact = exactDigits(value)
  if (value === 0) return exact
  const count = countOf(exact)
  if (count < 0) return { ...exact, digits: '0', point: exact.point }
  if (count >= exact.digits.length) return exact
  const kept = BigInt(exact.digits.slice(0, count) || '0')
  const rest = exact.digits.slice(count)
  const half = `5${'0'.repeat(rest.length - 1)}`
  const isUp = rest > half || (rest === half && kept % 2n === 1n)
  const rounded = (isUp ? kept + 1n : kept).toString()
  if (rounded === '0') return { ...exact, digits: '0' }
  const grown = rounded.length - count
  return { ...exact, digits: rounded, point: exact.point + grown }
}

/** `%f`: digits before the point, `precision` behind it. */
export function fixedText(value: number, precision: number): string {
  const { digits, point, isNegative: minus } = roundedDigits(value, (exact) => exact.point + precision)
  const isZero = /^0*$/.test(digits)
  const padded = isZero ? '' : digits
  const before = isZero || point <= 0 ? '0' : padded.slice(0, point).padEnd(point, '0')
  const behind = isZero ? '' : point < 0 ? '0'.repeat(-point) + padded : padded.slice(point)
  const fraction = precision > 0 ? `.${behind.padEnd(precision, '0').slice(0, precision)}` : ''
  return (minus ? '-' : '') + before + fraction
}

/** `%e`: one digit before the point, `precision` behind it, an exponent of at least two digits. */
export function exponentText(value: number, precision: number): string {
  return scientific(
    roundedDigits(value, () => precision + 1),
    precision,
  )
}

function scientific({ isNegative: minus, digits, point }: Digits, precision: number): string {
  const isZero = /^0*$/.test(digits)
  const all = digits.padEnd(precision + 1, '0')
  const exponent = isZero ? 0 : point - 1
  const fraction = precision > 0 ? `.${all.slice(1, precision + 1)}` : ''
  const size = Math.abs(exponent).toString().padStart(2, '0')
  return `${minus ? '-' : ''}${all.slice(0, 1)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
}

/** `%g` and `%v`: the shortest text, with an exponent below 10⁻⁴ and from 10⁶ on. */
export function generalText(value: number): string {
  const shortest = trimmed(shortestDigits(value))
  const { digits, point, isNegative: minus } = shortest
  if (value === 0) return minus ? '-0' : '0'
  const exponent = point - 1
  if (exponent < -4 || exponent >= GENERAL_THRESHOLD) return scientific(shortest, digits.length - 1)
  if (point <= 0) return `${minus ? '-' : ''}0.${'0'.repeat(-point)}${digits}`
  const before = digits.slice(0, point).padEnd(point, '0')
  const behind = digits.slice(point)
  return (minus ? '-' : '') + before + (behind === '' ? '' : `.${behind}`)
}

/** strconv takes precision 6 for this decision when the text is the shortest possible. */
const GENERAL_THRESHOLD = 6

function trimmed(all: Digits): Digits {
  return { ...all, digits: all.digits.replace(/0+$/, '') || '0' }
}
