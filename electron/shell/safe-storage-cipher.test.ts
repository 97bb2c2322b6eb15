import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, resetElectron } from '../../tests/fakes/electron.ts'
import { openKeyFileCipher } from '../engine/secrets/key-file-cipher.ts'
import { Vault } from '../engine/secrets/vault.ts'
import { openKeychainCipher } from './safe-storage-cipher.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

describe('keychain', () => {
  it.each(['linux', 'darwin', 'win32'] as const)('seals and opens on %s', async (platform) => {
    const cipher = await openKeychainCipher(platform)
    const sealed = await cipher?.seal('secret value')
    expect(sealed?.toString()).not.toContain('secret')
    expect(await cipher?.open(sealed!)).toEqual({ text: 'secret value', isOutdated: false })
    answers.isKeyRotated = true
    expect(await cipher?.open(sealed!)).toEqual({ text: 'secret value', isOutdated: true })
    expect(cipher).toMatchObject({ backend: 'keychain', isWeak: false })
  })

  it('[S10] is not believed in where its password is a constant', async () => {
    answers.linuxStore = 'basic_text'
    expect(await openKeychainCipher('linux')).toBeNull()
    answers.linuxStore = 'unknown'
    expect(await openKeychainCipher('linux')).toBeNull()
  })

  it('[S10] is absent where the system gives none', async () => {
    answers.hasKeychain = false
    expect(await openKeychainCipher('darwin')).toBeNull()
  })

  it('[S10] keeps a secret from a host without the keychain, which lists it as not readable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-vault-'))
    try {
      const keyFile = openKeyFileCipher(join(folder, 'key'))
      const clock = { now: () => 1, nowNs: () => '1', after: () => () => {} }
      const keychain = (await openKeychainCipher('linux'))!
      const electron = new Vault({ folder: join(folder, 'vault'), ciphers: [keychain, keyFile], clock })
      await electron.set('TOKEN', 'secret value', [])
      expect(await electron.reveal('TOKEN')).toBe('secret value')
      const serve = new Vault({ folder: join(folder, 'vault'), ciphers: [keyFile], clock })
      expect(await serve.list()).toMatchObject([{ name: 'TOKEN', isReadable: false }])
      await expect(serve.reveal('TOKEN')).rejects.toMatchObject({ code: 'secret_not_readable' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
