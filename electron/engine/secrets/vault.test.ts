import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openKeyFileCipher } from './key-file-cipher.ts'
import { Vault, type VaultCipher } from './vault.ts'

const VALUE = 'correct horse battery staple'
const clock = { now: () => 1_700_000_000_000, nowNs: () => '0', after: () => () => {} }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-vault-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function openVault(keychain?: VaultCipher): Vault {
  const keyFile = openKeyFileCipher(join(folder, 'vault', 'key'))
  const ciphers: [VaultCipher, ...VaultCipher[]] = keychain === undefined ? [keyFile] : [keychain, keyFile]
  return new Vault({ folder: join(folder, 'vault'), ciphers, clock })
}

/** A keychain of another session: same shape, a key that this process has not. */
function foreignCipher(id: string): VaultCipher {
  return {
    id,
    backend: 'keychain',
    isWeak: false,
    message: 'Sealed by the keychain.',
    seal: (text) => Promise.resolve(Buffer.from(text).reverse()),
    open: (sealed) => Promise.resolve({ text: Buffer.from(sealed).reverse().toString(), isOutdated: false }),
  }
}

describe('Vault', () => {
  it('keeps a secret across restarts, sealed, in files that only the owner reads', async () => {
    await openVault().set('API_KEY', VALUE, ['api.example.com'])
    const vault = openVault()
    expect(await vault.reveal('API_KEY')).toBe(VALUE)
    expect(await vault.list()).toEqual([
      { name: 'API_KEY', hosts: ['api.example.com'], updatedAt: clock.now(), isReadable: true },
    ])
    for (const file of readdirSync(join(folder, 'vault'))) {
      const path = join(folder, 'vault', file)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(readFileSync(path, 'latin1')).not.toContain(VALUE)
    }
    expect(statSync(join(folder, 'vault')).mode & 0o777).toBe(0o700)
  })

  it('replaces and removes', async () => {
    const vault = openVault()
    await vault.set('A', 'first value', [])
    await vault.set('A', 'second value', [])
    await vault.set('a', 'other name', [])
    expect(await vault.reveal('A')).toBe('second value')
    await vault.remove('A')
    await vault.remove('NEVER_THERE')
    await expect(vault.reveal('A')).rejects.toMatchObject({ code: 'secret_missing' })
    expect((await vault.list()).map(({ name }) => name)).toEqual(['a'])
  })

  it('refuses short values and bad names', async () => {
    const vault = openVault()
    await expect(vault.set('A', '1234567', [])).rejects.toMatchObject({ code: 'secret_too_short' })
    await expect(vault.set('../A', VALUE, [])).rejects.toMatchObject({ code: 'secret_name' })
    await expect(vault.set('A', VALUE, ['https://h.example'])).rejects.toMatchObject({ code: 'secret_host' })
    await vault.set('A', VALUE, ['h.example', '*.h.example:8443', '[::1]:80'])
  })

  it('[S10] lists what a foreign keychain sealed as not readable and works on', async () => {
    await openVault(foreignCipher('keychain:desk')).set('SEALED', VALUE, [])
    const vault = openVault()
    await vault.set('OWN', VALUE, [])
    expect((await vault.list()).map(({ name, isReadable }) => [name, isReadable])).toEqual([
      ['OWN', true],
      ['SEALED', false],
    ])
    await expect(vault.reveal('SEALED')).rejects.toMatchObject({ code: 'secret_not_readable' })
  })

  it('opens with any of its ciphers and seals with the first', async () => {
    await openVault().set('OLD', VALUE, [])
    const vault = openVault(foreignCipher('keychain:desk'))
    expect(await vault.reveal('OLD')).toBe(VALUE)
    expect((await vault.backend()).isWeak).toBe(false)
    expect(await openVault().backend()).toMatchObject({ backend: 'key file', isWeak: true })
  })

  it('seals a value again under the same keychain when that has rotated its key', async () => {
    const keychain = foreignCipher('keychain:desk')
    await openVault(keychain).set('ROTATED', VALUE, ['h.example'])
    await openVault().set('OF_SERVE', VALUE, [])
    const seals: string[] = []
    const rotated: VaultCipher = {
      ...keychain,
      seal: (text) => (seals.push(text), keychain.seal(text)),
      open: async (bytes) => ({ ...(await keychain.open(bytes)), isOutdated: seals.length === 0 }),
    }
    const vault = openVault(rotated)
    expect(await vault.reveal('ROTATED')).toBe(VALUE)
    expect(await vault.reveal('OF_SERVE')).toBe(VALUE)
    expect(await vault.reveal('ROTATED')).toBe(VALUE)
    expect(seals).toHaveLength(1)
    expect(await vault.list()).toMatchObject([{ name: 'OF_SERVE' }, { name: 'ROTATED', hosts: ['h.example'] }])
    expect(await openVault().reveal('OF_SERVE')).toBe(VALUE)
  })

  it('does not put an old value back that was replaced while it was sealed again', async () => {
    const keychain = foreignCipher('keychain:desk')
    await openVault(keychain).set('A', VALUE, [])
    const { promise: replaced, resolve: goOn } = Promise.withResolvers<void>()
    const rotated: VaultCipher = {
      ...keychain,
      seal: async (text) => {
        await replaced
        return keychain.seal(text)
      },
      open: async (bytes) => ({ ...(await keychain.open(bytes)), isOutdated: true }),
    }
    const reading = openVault(rotated).reveal('A')
    await openVault(keychain).set('A', 'another value', [])
    goOn()
    await reading
    expect(await openVault(keychain).reveal('A')).toBe('another value')
  })

  it('does not read with a replaced key, nor a value moved to another name', async () => {
    const vault = openVault()
    await vault.set('A', VALUE, [])
    const [file = ''] = readdirSync(join(folder, 'vault')).filter((name) => name.endsWith('.json'))
    const path = join(folder, 'vault', file)
    const entry = readFileSync(path, 'utf8')
    writeFileSync(path, entry.replace('"name":"A"', '"name":"B"'))
    expect(await openVault().list()).toMatchObject([{ name: 'B', isReadable: false }])
    writeFileSync(path, entry)
    rmSync(join(folder, 'vault', 'key'))
    await expect(openVault().reveal('A')).rejects.toMatchObject({ code: 'secret_not_readable' })
  })

  it('shows the others when one file is damaged', async () => {
    const vault = openVault()
    await vault.set('A', VALUE, [])
    writeFileSync(join(folder, 'vault', `${'0'.repeat(32)}.secret.json`), '{"name":')
    expect((await vault.list()).map(({ name }) => name)).toEqual(['A'])
  })

  it('keeps one handle key per install', async () => {
    const key = await openVault().handleKey()
    expect(key).toHaveLength(32)
    expect(await openVault(foreignCipher('keychain:desk')).handleKey()).toEqual(key)
    writeFileSync(join(folder, 'vault', 'handle.key'), 'short')
    await expect(openVault().handleKey()).rejects.toMatchObject({ code: 'vault_key_damaged' })
  })
})
