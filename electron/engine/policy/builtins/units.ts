import { RegoNumber } from '../rego-value.ts'
import { BuiltinError, NeedsFullEvaluator, stringOperand, type Builtin } from './builtin.ts'
import { integerValue } from './numbers.ts'

/** A fraction of two integers, the lower one positive. */
interface Ratio {
  over: bigint
  under: bigint
}

const POWERS = ['', 'k', 'm', 'g', 't', 'p', 'e']

/** Go's big.Float in OPA's parse_bytes has 64 bits. */
const FLOAT_BITS = 64
/** More digits than this Go itself rounds twice. */
const MAX_PLACES = 40

/** The number in front and the unit behind it. @throws BuiltinError as OPA's extractNumAndUnit and its callers */
function split(text: string): { number: Ratio; places: number; unit: string } {
  if (text.includes(' ')) throw new BuiltinError('spaces not allowed in resource strings')
  const match = /^((?:0|[1-9]\d*)?(?:\.\d*)?)(e[+-]?\d{1,3})?([a-z]*)$/i.exec(text)
  const [, digits = '', exponent = '', unit = ''] = match ?? []
  // Signs, leading zeros, several points and the like: Go's readers have rules of their own for them.
  if (!match || digits === '.') throw new NeedsFullEvaluator('an unusual quantity')
  if (digits === '') throw new BuiltinError('no amount provided')
  const [whole = '', fraction = ''] = digits.split('.')
  const shift = Number(exponent.slice(1) || 0) - fraction.length
  const over = BigInt(whole + fraction)
  const scale = 10n ** BigInt(Math.abs(shift))
  const number = shift < 0 ? { over, under: scale } : { over: over * scale, under: 1n }
  return { number, places: Math.abs(shift), unit }
}

/** Rounded half to even to `FLOAT_BITS` significant bits, as big.Float does. */
function roundToFloat({ over, under }: Ratio): Ratio {
  if (over === 0n) return { over, under: 1n }
  const shift = FLOAT_BITS - (over.toString(2).length - under.toString(2).length)
  const isOneMore = (shifted(over, shift) / shifted(under, -shift)) >> BigInt(FLOAT_BITS) > 0n
  const exact = isOneMore ? shift - 1 : shift
  const mantissa = halfToEven(shifted(over, exact), shifted(under, -exact))
  return { over: shifted(mantissa, -exact), under: shifted(1n, exact) }
}

/** Multiplied by 2^`bits`; unchanged when that is negative. */
function shifted(value: bigint, bits: number): bigint {
  return bits > 0 ? value << BigInt(bits) : value
}

function halfToEven(over: bigint, under: bigint): bigint {
  const quotient = over / under
  const twice = (over % under) * 2n
  return twice > under || (twice === under && quotient % 2n === 1n) ? quotient + 1n : quotient
}

/** `10KiB` → 10240: letters of any case, a fraction of a byte is cut off. */
const parseBytes: Builtin = (_context, value) => {
  const text = stringOperand(value).toLowerCase().replaceAll('"', '')
  const { number, places, unit } = split(text)
  const match = /^([kmgtpe]?)(i?)b?$/.exec(unit)
  if (!match || unit === 'b' || unit === 'ib' || unit === 'i')
    throw new BuiltinError(`byte unit ${unit} not recognized`)
  if (places > MAX_PLACES) throw new NeedsFullEvaluator('many digits')
  const factor = (match[2] === 'i' ? 1024n : 1000n) ** BigInt(POWERS.indexOf(match[1] ?? ''))
  const rounded = roundToFloat(number)
  const product = roundToFloat({ over: rounded.over * factor, under: rounded.under })
  return integerValue(product.over / product.under)
}

/** Go's float64 0.001, exactly, which OPA multiplies with for the unit `m`. */
const MILLI: Ratio = { over: 1_152_921_504_606_847n, under: 2n ** 60n }
/** OPA writes ten places after the point. */
const PLACES = 10n ** 10n

/** `1.5Ki` → 1536, `100m` → 0.1000000000; the first letter's case tells milli from mega. */
const parse: Builtin = (_context, value) => {
  const { number, unit } = split(stringOperand(value).replaceAll('"', ''))
  const name = unit.slice(0, 1) + unit.slice(1).toLowerCase()
  const factor = unitFactor(name)
  const over = number.over * factor.over
  const under = number.under * factor.under
  if (over % under === 0n) return integerValue(over / under)
  const scaled = over * PLACES
  const rounded = scaled / under + ((scaled % under) * 2n >= under ? 1n : 0n)
  const digits = rounded.toString().padStart(11, '0')
  return new RegoNumber(`${digits.slice(0, -10)}.${digits.slice(-10)}`)
}

function unitFactor(name: string): Ratio {
  if (name === 'm') return MILLI
  const match = /^([kKMmgGtTpPeE]?)(i?)$/.exec(name)
  if (!match || name === 'i') throw new BuiltinError(`unit ${name} not recognized`)
  const power = BigInt(POWERS.indexOf((match[1] ?? '').toLowerCase()))
  return { over: (match[2] === 'i' ? 1024n : 1000n) ** power, under: 1n }
}

export const unitBuiltins: Record<string, Builtin> = { 'units.parse': parse, 'units.parse_bytes': parseBytes }
