import { createHash } from 'node:crypto'
import { regoText } from '../rego-text.ts'
import { integerOperand, stringOperand, type Builtin } from './builtin.ts'
import { integerValue } from './numbers.ts'

/**
 * The 32 bytes of one key, the same as the tool chain's evaluator draws (`go/seed.go`): SHA-256 of the seed, the built-in's
 * name and the key, with a zero byte between them. A call that is added or left out changes no other call's value.
 */
function draw(seed: string, name: string, key: string): Buffer {
  return createHash('sha256').update(`${seed}\0${name}\0${key}`).digest()
}

/** A random UUID (version 4) of the evaluation's seed and the key. */
const rfc4122: Builtin = ({ seed }, key) => {
  const bytes = draw(seed, 'uuid.rfc4122', typeof key === 'string' ? `s${key}` : `v${regoText(key ?? null)}`)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** A number from 0 up to (not including) the second operand, whose sign does not count. */
const intn: Builtin = ({ seed }, text, limit) => {
  const key = stringOperand(text)
  const n = integerOperand(limit)
  const bound = n < 0n ? -n : n
  if (bound === 0n) return 0
  return integerValue(BigInt(`0x${draw(seed, 'rand.intn', `${bound}\0${key}`).toString('hex')}`) % bound)
}

export const randomBuiltins: Record<string, Builtin> = { 'rand.intn': intn, 'uuid.rfc4122': rfc4122 }
