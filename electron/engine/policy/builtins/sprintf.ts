import { goQuote, regoText } from '../rego-text.ts'
import { numberText, RegoNumber, type RegoValue } from '../rego-value.ts'
import { NeedsFullEvaluator, operandError, stringOperand, type Builtin } from './builtin.ts'
import { exponentText, fixedText, generalText } from './float-text.ts'

/** An operand as OPA hands it to Go's fmt, with Go's name of its type. */
type Argument =
  | { type: 'string'; value: string }
  | { type: 'int64'; value: bigint }
  | { type: 'float64'; value: number }
  | { type: '*big.Int'; value: bigint }

interface Flags {
  minus: boolean
  plus: boolean
  space: boolean
  zero: boolean
  width: number
  /** -1: none was given. */
  precision: number
}

const NO_FLAGS: Flags = { minus: false, plus: false, space: false, zero: false, width: 0, precision: -1 }

/** Go refuses to print wider; so does nobody who means it. */
const MAX_WIDTH = 1000

/**
 * Go's fmt.Sprintf as OPA calls it. What policies write is here, with Go's own words for a wrong verb or number of
 * arguments; `%*d`, `%[1]s`, `%#v`, `%+v`, `%U` and their like are left to Go.
 */
const sprintf: Builtin = (_context, format, values) => {
  const text = stringOperand(format)
  if (!Array.isArray(values)) throw operandError('array', values)
  const rest = values.map(argumentOf)
  let out = ''
  let at = 0
  while (at < text.length) {
    const percent = text.indexOf('%', at)
    if (percent < 0) break
    out += text.slice(at, percent)
    const directive = readDirective(text, percent + 1)
    at = directive.end
    if (directive.verb === '') out += '%!(NOVERB)'
    else if (directive.verb === '%') out += '%'
    else {
      const argument = rest.shift()
      out += argument ? formatted(argument, directive.verb, directive.flags) : `%!${directive.verb}(MISSING)`
    }
  }
  out += text.slice(at)
  if (rest.length === 0) return out
  return `${out}%!(EXTRA ${rest.map((one) => `${one.type}=${plain(one)}`).join(', ')})`
}

function argumentOf(value: RegoValue): Argument {
  if (typeof value === 'string') return { type: 'string', value }
  if (typeof value !== 'number' && !(value instanceof RegoNumber)) return { type: 'string', value: regoText(value) }
  const text = numberText(value)
  if (/[.eE]/.test(text)) {
    const double = Number(text)
    if (!Number.isFinite(double)) throw new NeedsFullEvaluator('a number beyond doubles')
    return { type: 'float64', value: double }
  }
  const integer = BigInt(text)
  return { type: BigInt.asIntN(64, integer) === integer ? 'int64' : '*big.Int', value: integer }
}

function readDirective(text: string, start: number): { verb: string; flags: Flags; end: number } {
  const flags = { ...NO_FLAGS }
  let at = start
  for (; ; at++) {
    const character = text[at]
    if (character === '-') flags.minus = true
    else if (character === '+') flags.plus = true
    else if (character === ' ') flags.space = true
    else if (character === '0') flags.zero = true
    else break
  }
  const size = /^(\d*)(?:(\.)(\d*))?/.exec(text.slice(at, at + 16))
  at += size?.[0].length ?? 0
  flags.width = Number(size?.[1] ?? 0)
  if (size?.[2] !== undefined) flags.precision = Number(size[3] ?? 0)
  const verb = String.fromCodePoint(...(at < text.length ? [text.codePointAt(at) ?? 0] : []))
  if (verb === '*' || verb === '[' || verb === '#' || flags.width > MAX_WIDTH || flags.precision > MAX_WIDTH) {
    throw new NeedsFullEvaluator(`sprintf with %${verb}`)
  }
  return { verb, flags, end: at + verb.length }
}

function formatted(argument: Argument, verb: string, flags: Flags): string {
  if (verb === 'T') return stringText(argument.type, 's', flags)
  switch (argument.type) {
    case 'string':
      return stringText(argument.value, verb, flags)
    case 'int64':
      return integerText(argument.value, verb, flags)
    case 'float64':
      return floatText(argument.value, verb, flags)
    case '*big.Int':
      if (!'dv'.includes(verb) || !isPlain(flags)) throw new NeedsFullEvaluator('sprintf with a big integer')
      return argument.value.toString()
  }
}

/** As `%v` without flags. */
function plain(argument: Argument): string {
  return argument.type === 'float64' ? generalText(argument.value) : String(argument.value)
}

function isPlain(flags: Flags): boolean {
  const { minus, plus, space, zero, width, precision } = flags
  return !minus && !plus && !space && !zero && width === 0 && precision < 0
}

function badVerb(argument: Argument, verb: string, flags: Flags): string {
  if (!isPlain(flags)) throw new NeedsFullEvaluator('a wrong verb with flags')
  return `%!${verb}(${argument.type}=${plain(argument)})`
}

function stringText(value: string, verb: string, flags: Flags): string {
  if (flags.plus || flags.space || flags.zero) throw new NeedsFullEvaluator('sprintf of a string with flags')
  const cut = flags.precision < 0 ? value : Array.from(value).slice(0, flags.precision).join('')
  switch (verb) {
    case 's':
    case 'v':
      return padded(cut, flags)
    case 'q':
      return padded(goQuote(cut), flags)
    case 'x':
    case 'X': {
      if (flags.precision >= 0) throw new NeedsFullEvaluator('sprintf of hexadecimal with a precision')
      const digits = Buffer.from(value).toString('hex')
      return padded(verb === 'X' ? digits.toUpperCase() : digits, flags)
    }
    default:
      return badVerb({ type: 'string', value }, verb, flags)
  }
}

const RADIXES: Record<string, number> = { d: 10, v: 10, b: 2, o: 8, x: 16, X: 16 }

function integerText(value: bigint, verb: string, flags: Flags): string {
  const radix = RADIXES[verb]
  if (radix === undefined) {
    if ('cqUO'.includes(verb)) throw new NeedsFullEvaluator(`sprintf of an integer with %${verb}`)
    return badVerb({ type: 'int64', value }, verb, flags)
  }
  if (flags.precision >= 0 || (verb === 'v' && flags.plus))
    throw new NeedsFullEvaluator('sprintf of an integer with flags')
  const digits = (value < 0n ? -value : value).toString(radix)
  return signed(value < 0n, verb === 'X' ? digits.toUpperCase() : digits, flags)
}

/** What Go does without a precision. */
const DEFAULT_PRECISION = 6

function floatText(value: number, verb: string, flags: Flags): string {
  const text = unsignedFloat(Math.abs(value), verb, flags)
  if (text === null) return badVerb({ type: 'float64', value }, verb, flags)
  return signed(value < 0 || Object.is(value, -0), text, flags)
}

function unsignedFloat(value: number, verb: string, { precision, plus }: Flags): string | null {
  switch (verb) {
    case 'f':
    case 'F':
      return fixedText(value, precision < 0 ? DEFAULT_PRECISION : precision)
    case 'e':
      return exponentText(value, precision < 0 ? DEFAULT_PRECISION : precision)
    case 'E':
      return exponentText(value, precision < 0 ? DEFAULT_PRECISION : precision).toUpperCase()
    case 'g':
    case 'G':
    case 'v': {
      if (precision >= 0 || (verb === 'v' && plus)) throw new NeedsFullEvaluator(`sprintf with %${verb} and flags`)
      const text = generalText(value)
      return verb === 'G' ? text.toUpperCase() : text
    }
    case 'b':
    case 'x':
    case 'X':
      throw new NeedsFullEvaluator(`sprintf of a float with %${verb}`)
    default:
      return null
  }
}

/** Zeros go between the sign and the digits, and only on the left. */
function signed(isNegative: boolean, digits: string, flags: Flags): string {
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  const isZeroPadded = flags.zero && !flags.minus
  return padded(sign + (isZeroPadded ? digits.padStart(flags.width - sign.length, '0') : digits), flags)
}

/** To the width in characters. */
function padded(text: string, { width, minus }: Flags): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : ' '.repeat(missing) + text
}

export const sprintfBuiltins: Record<string, Builtin> = { sprintf }
