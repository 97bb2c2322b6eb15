/** A decimal number: `digits` × 10^`exponent`, negative or not; `digits` has no leading zeros, '' is zero. */
interface Decimal {
  isNegative: boolean
  digits: string
  exponent: number
}

const PATTERN = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

function parse(text: string): Decimal {
  const match = PATTERN.exec(text)
  if (!match) throw new SyntaxError(`${text} is not a number`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  return { isNegative: sign === '-' && digits !== '', digits, exponent: Number(exponent) - fraction.length }
}

/**
 * Compares two numbers given as JSON number text, exactly, whatever their size.
 * @returns negative, 0 or positive
 */
export function compareNumberText(a: string, b: string): number {
  const x = parse(a)
  const y = parse(b)
  if (x.isNegative !== y.isNegative) return x.isNegative ? -1 : 1
  const order = compareMagnitudes(x, y)
  return x.isNegative ? -order : order
}

function compareMagnitudes(x: Decimal, y: Decimal): number {
  if (x.digits === '' || y.digits === '') return x.digits.length - y.digits.length
  // The place of the first digit decides, then the digits from the left.
  const place = x.digits.length + x.exponent - (y.digits.length + y.exponent)
  if (place !== 0) return place
  const length = Math.max(x.digits.length, y.digits.length)
  const left = x.digits.padEnd(length, '0')
  const right = y.digits.padEnd(length, '0')
  return left < right ? -1 : Number(left > right)
}

/**
 * The shortest text of a number, the same for all its spellings: ECMAScript's for what a double holds (`1.0`, `10e-1` → `1`,
 * `-0` → `0`), else all digits without zeros that say nothing. `go/literals.go` does the same with the literals of policies.
 * @param text a number as JSON writes it
 */
export function shortestNumber(text: string): string {
  const double = String(Number(text))
  if (double === text) return text
  const exact = parse(text)
  return double.endsWith('y') || !isSame(exact, parse(double)) ? exactText(exact) : double // Infinity
}

function isSame(a: Decimal, b: Decimal): boolean {
  return a.isNegative === b.isNegative && compareMagnitudes(a, b) === 0
}

function exactText({ isNegative, digits, exponent }: Decimal): string {
  const significant = digits.replace(/0+$/, '')
  const point = digits.length + exponent
  return (isNegative ? '-' : '') + placed(significant, point)
}

/** @param point how many digits stand before it; ECMAScript's limit for small numbers, none for large ones */
function placed(digits: string, point: number): string {
  if (point > MAX_EXPONENT || point <= -6) {
    const [first, rest] = [digits.slice(0, 1), digits.slice(1)]
    return `${first}${rest && `.${rest}`}e${point > 0 ? '+' : ''}${point - 1}`
  }
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  const whole = digits.slice(0, point).padEnd(point, '0')
  return digits.length > point ? `${whole}.${digits.slice(point)}` : whole
}

/**
 * The integer that a number text stands for (`1e3`, `12.0`), as OPA's big.Int reading of JSON numbers.
 * @returns undefined when it is no integer
 */
export function integerOf(text: string): bigint | undefined {
  const { isNegative, digits, exponent } = parse(text)
  if (digits === '') return 0n
  if (exponent > MAX_EXPONENT) return undefined
  const significant = digits.replace(/0+$/, '')
  const zeros = exponent + digits.length - significant.length
  if (zeros < 0) return undefined
  const magnitude = BigInt(significant + '0'.repeat(zeros))
  return isNegative ? -magnitude : magnitude
}

/** Beyond it the digits alone would fill memory; no caller needs such an integer. */
const MAX_EXPONENT = 10_000
