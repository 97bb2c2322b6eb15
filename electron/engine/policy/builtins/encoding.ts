import { compareStrings, sorted } from '../canonical-order.ts'
import { RegoMap, RegoSet, setKey, typeName, type RegoValue } from '../rego-value.ts'
import { BuiltinError, NeedsFullEvaluator, operandError, stringOperand, textOf, type Builtin } from './builtin.ts'

const hexEncode: Builtin = (_context, text) => Buffer.from(stringOperand(text)).toString('hex')

const hexDecode: Builtin = (_context, text) => {
  const digits = stringOperand(text)
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new BuiltinError('not hexadecimal')
  return textOf(Buffer.from(digits, 'hex'))
}

const base64UrlEncodeNoPad: Builtin = (_context, text) => Buffer.from(stringOperand(text)).toString('base64url')

/** Go's url.QueryEscape: letters, digits and `-_.~` stay, a space becomes `+`. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+')
}

/** @throws BuiltinError on a `%` without two hexadecimal digits */
function queryUnescape(text: string): string {
  const bytes = Buffer.from(text.replaceAll('+', ' ')).toString('latin1')
  if (/%(?![0-9a-fA-F]{2})/.test(bytes)) throw new BuiltinError('invalid URL escape')
  const plain = bytes.replace(/%(..)/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16)))
  return textOf(Buffer.from(plain, 'latin1'))
}

/** `a=1&a=2&b=3`, keys sorted; values are strings, arrays or sets of strings. */
const encodeObject: Builtin = (_context, object) => {
  if (object === undefined || typeName(object) !== 'object') throw operandError('object', object)
  if (object instanceof RegoMap) throw new NeedsFullEvaluator('keys that are no strings')
  const pairs = Object.entries(object as { [key: string]: RegoValue }) // the only other form of an object
  return pairs
    .sort(([a], [b]) => compareStrings(a, b))
    .flatMap(([key, value]) => values(value).map((one) => `${queryEscape(key)}=${queryEscape(one)}`))
    .join('&')
}

function values(value: RegoValue): string[] {
  if (typeof value === 'string') return [value]
  const elements = value instanceof RegoSet ? sorted(value) : value
  if (!Array.isArray(elements)) throw operandError('string, array[string] or set[string]', value)
  return elements.map(stringOperand)
}

const decodeObject: Builtin = (_context, query) => {
  const object: { [key: string]: string[] } = {}
  for (const part of stringOperand(query).split('&')) {
    if (part.includes(';')) throw new BuiltinError('invalid semicolon separator in query')
    if (part === '') continue
    const at = part.indexOf('=')
    const key = queryUnescape(at < 0 ? part : part.slice(0, at))
    const value = queryUnescape(at < 0 ? '' : part.slice(at + 1))
    if (!Object.hasOwn(object, key)) setKey(object, key, [])
    object[key]?.push(value)
  }
  return object
}

export const encodingBuiltins: Record<string, Builtin> = {
  'hex.encode': hexEncode,
  'hex.decode': hexDecode,
  'base64url.encode_no_pad': base64UrlEncodeNoPad,
  'urlquery.encode': (_context, text) => queryEscape(stringOperand(text)),
  'urlquery.decode': (_context, text) => queryUnescape(stringOperand(text)),
  'urlquery.encode_object': encodeObject,
  'urlquery.decode_object': decodeObject,
}
