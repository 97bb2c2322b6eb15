import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { writePrivateFile } from '../files/private-file.ts'

/** Signs the head of the audit chain. `publicKey` is base64 of the raw 32 bytes' SPKI (DER). */
export interface AuditKey {
  publicKey: string
  /**
   * Null when it was read from its file. A new key is kept by this, after the chain has a row that names it: a crash
   * between the two costs a key that signed nothing else.
   */
  save: (() => void) | null
  /** @returns base64 of the Ed25519 signature over the hash's 32 bytes */
  sign(hashHex: string): string
}

/**
 * The key of a data folder, made at first start (PKCS #8, mode 0600).
 * @param path null keeps the key in memory only
 */
export function openAuditKey(path: string | null): AuditKey {
  if (path !== null && existsSync(path)) return auditKey(readKey(path), null)
  const { privateKey } = generateKeyPairSync('ed25519')
  return auditKey(privateKey, () => {
    if (path !== null) writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  })
}

/** Whether the signature is the public key's over this hash. Broken input is simply not valid. */
export function isSignedBy(publicKey: string, hashHex: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
    return verify(null, Buffer.from(hashHex, 'hex'), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function readKey(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path))
  } catch (error) {
    throw new TocsinError(
      'audit_key_damaged',
      `The key that signs the audit trail cannot be read (${path}: ${errorMessage(error)}): restore it from a backup, or remove it; then the trail goes on under a new key, and says so.`,
      { cause: error },
    )
  }
}

function auditKey(privateKey: KeyObject, save: AuditKey['save']): AuditKey {
  return {
    publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64'),
    save,
    sign: (hashHex) => sign(null, Buffer.from(hashHex, 'hex'), privateKey).toString('base64'),
  }
}
