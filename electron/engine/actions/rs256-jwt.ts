import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'

/**
 * A JSON Web Token signed with RSA and SHA-256 (RFC 7519, RFC 7518 §3.3): GitHub Apps and Google service accounts log in by it.
 * @param claims as they go in; times are seconds since 1970
 * @param privateKey RSA key as PEM, PKCS#1 or PKCS#8; line ends may be written as `\n`, as environment files do
 * @param keyId the header's `kid`, where the service wants one
 * @throws TocsinError `bad_private_key`
 */
export function rs256Jwt(claims: JsonObject, privateKey: string, keyId?: string): string {
  const key = rsaKey(privateKey)
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) }
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function rsaKey(pem: string): KeyObject {
  const key = parseKey(pem.includes('\n') ? pem : pem.replaceAll(String.raw`\n`, '\n'))
  if (key?.asymmetricKeyType === 'rsa') return key
  // Neither the key nor what the parser says of it belongs in a message.
  throw new TocsinError(
    'bad_private_key',
    'The private key is no RSA key in PEM form: give the whole file, from -----BEGIN to -----END, unencrypted.',
  )
}

function parseKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
