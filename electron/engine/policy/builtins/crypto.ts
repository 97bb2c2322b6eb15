import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type Builtin, stringOperand } from './builtin.ts'

const hashOf =
  (algorithm: string): Builtin =>
  (_context, text) =>
    createHash(algorithm).update(stringOperand(text)).digest('hex')

const hmacOf =
  (algorithm: string): Builtin =>
  (_context, text, key) =>
    createHmac(algorithm, stringOperand(key)).update(stringOperand(text)).digest('hex')

const hmacEqual: Builtin = (_context, a, b) => {
  const left = Buffer.from(stringOperand(a))
  const right = Buffer.from(stringOperand(b))
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Digests of a string's UTF-8 bytes, in lower-case hex. */
export const cryptoBuiltins: Record<string, Builtin> = {
  'crypto.md5': hashOf('md5'),
  'crypto.sha1': hashOf('sha1'),
  'crypto.sha256': hashOf('sha256'),
  'crypto.hmac.md5': hmacOf('md5'),
  'crypto.hmac.sha1': hmacOf('sha1'),
  'crypto.hmac.sha256': hmacOf('sha256'),
  'crypto.hmac.sha512': hmacOf('sha512'),
  'crypto.hmac.equal': hmacEqual,
}
