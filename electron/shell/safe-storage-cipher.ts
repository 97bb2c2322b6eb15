import { safeStorage } from 'electron'

/** What the vault asks of a cipher (`electron/engine/secrets/vault.ts`). */
export interface KeychainCipher {
  id: string
  backend: string
  isWeak: boolean
  message: string
  seal(text: string): Promise<Buffer>
  /** `isOutdated`: the keychain has rotated its key, so that the text should be sealed again. */
  open(sealed: Buffer): Promise<{ text: string; isOutdated: boolean }>
}

/** Chromium's names of Linux key stores, as people know them. */
const LINUX_STORES = {
  gnome_libsecret: 'Secret Service (GNOME Keyring)',
  kwallet: 'KWallet',
  kwallet5: 'KWallet',
  kwallet6: 'KWallet',
} as const

/**
 * The platform's keychain as a cipher, by safeStorage's asynchronous calls (the others are deprecated).
 * Must be called after the app is ready.
 * @param platform `process.platform`
 * @returns null where there is no real keychain: Linux without a secret service gets Chromium's `basic_text`, whose
 *   password is a constant in its source; a key file of our own is better and says what it is
 */
export async function openKeychainCipher(platform: NodeJS.Platform): Promise<KeychainCipher | null> {
  const name = keychainName(platform)
  // One that fails is as good as none: the app stays usable, with a warning on the screen.
  if (name === null || !(await safeStorage.isAsyncEncryptionAvailable().catch(() => false))) return null
  return {
    id: `keychain:${name}`,
    backend: 'keychain',
    isWeak: false,
    message: `Secrets are sealed with a key in ${name}.`,
    seal: (text) => safeStorage.encryptStringAsync(text),
    open: async (sealed) => {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(sealed)
      return { text: result, isOutdated: shouldReEncrypt }
    },
  }
}

function keychainName(platform: NodeJS.Platform): string | null {
  if (platform === 'darwin') return 'the macOS Keychain'
  if (platform === 'win32') return 'Windows (DPAPI)'
  const store = safeStorage.getSelectedStorageBackend()
  return store === 'basic_text' || store === 'unknown' ? null : LINUX_STORES[store]
}
