import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { sha256 } from '../forms/canonical.ts'
import { readOrCreateKey } from '../files/private-file.ts'
import type { VaultCipher } from './vault.ts'

const KEY_BYTES = 32
/** GCM's own length (NIST SP 800-38D, 8.2.2): random per value. */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Where there is no keychain: AES-256-GCM under a key that lies beside the secrets, mode 0600. It keeps values out of
 * backups of the database and of casual sight; who can read the folder can read them, and the screen says so.
 * @param path the key file; made when it is missing
 */
export function openKeyFileCipher(path: string): VaultCipher {
  const key = readOrCreateKey(path, KEY_BYTES)
  return {
    id: `key-file:${sha256(key).slice(0, 16)}`,
    backend: 'key file',
    isWeak: true,
    message: `Secrets are encrypted with a key that lies beside them (${path}), because no keychain is used. Whoever can read your files can read them.`,
    seal: (text) => Promise.resolve(seal(key, text)),
    open: async (sealed) => ({ text: open(key, sealed), isOutdated: false }),
  }
}

function seal(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

function open(key: Buffer, sealed: Buffer): string {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
}
