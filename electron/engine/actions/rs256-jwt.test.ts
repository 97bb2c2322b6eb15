import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rs256Jwt } from './rs256-jwt.ts'

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PKCS1 = RSA.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const PKCS8 = RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const parsed = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? '', 'base64url').toString())

describe('rs256Jwt', () => {
  it.each([
    ['PKCS#1', PKCS1],
    ['PKCS#8', PKCS8],
    ['a key whose line ends are written out', PKCS1.replaceAll('\n', String.raw`\n`)],
    ['a key with the line ends of Windows', PKCS8.replaceAll('\n', '\r\n')],
  ])('signs with %s', (_kind, pem) => {
    const token = rs256Jwt({ iss: 'é', iat: 1 }, pem)
    const [header, claims, signature = ''] = token.split('.')
    expect(parsed(header)).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(parsed(claims)).toEqual({ iss: 'é', iat: 1 })
    const signed = Buffer.from(`${header}.${claims}`)
    expect(verify('sha256', signed, RSA.publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(token).toMatch(/^[\w.-]+$/)
  })

  it('names its key where the service wants it', () => {
    expect(parsed(rs256Jwt({}, PKCS8, 'k1').split('.')[0])).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
  })

  it.each([
    ['text', 'xxx'],
    ['nothing', ''],
    ['a public key', RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['half a key', PKCS1.slice(0, 400)],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
  ])('refuses %s without repeating it', (_kind, pem) => {
    const attempt = (): string => rs256Jwt({}, pem)
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad_private_key' }))
    expect(attempt).not.toThrow(pem.slice(30, 60) || 'xxx')
  })
})
