import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** DER tags that a certificate needs. */
const INTEGER = 0x02
const BIT_STRING = 0x03
const NULL = 0x05
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0

const SHA256_WITH_RSA = '2a864886f70d01010b'
const COMMON_NAME = '550403'

export interface MadeCertificate {
  privateKey: KeyObject
  pem: string
}

/** Makes a self-signed certificate of a fresh RSA key, because `node:crypto` only reads them. Times are epoch ms. */
export function makeCertificate(of: { name: string; from: number; to: number; bits?: number }): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: of.bits ?? 2048 })
  const algorithm = der(SEQUENCE, der(OBJECT_ID, Buffer.from(SHA256_WITH_RSA, 'hex')), der(NULL))
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, der(OBJECT_ID, Buffer.from(COMMON_NAME, 'hex')), der(UTF8_STRING, Buffer.from(of.name)))),
  )
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    algorithm,
    name,
    der(SEQUENCE, time(of.from), time(of.to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  // The first byte of a bit string counts its unused bits.
  const signature = der(BIT_STRING, Buffer.from([0]), sign('RSA-SHA256', content, privateKey))
  const whole = der(SEQUENCE, content, algorithm, signature).toString('base64')
  const lines = whole.match(/.{1,64}/g) ?? []
  return {
    privateKey,
    pem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const hex = content.length.toString(16)
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}

/** `20261122090000Z` */
function time(at: number): Buffer {
  return der(GENERALIZED_TIME, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}Z`))
}
