import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import { sha256 } from '../forms/canonical.ts'
import type { Clock, SecretInfo, SecretPort } from '../ports/ports.ts'
import { SECRET_NAME } from './handles.ts'
import { makePrivateFolder, readOrCreateKey, syncFolder, writePrivateFile } from '../files/private-file.ts'
import { keepGeneration, keptGenerations } from './kept-generations.ts'
import { MIN_SECRET_LENGTH } from './redact.ts'

/** What seals the values: the platform's keychain (Electron's `safeStorage`, in the shell) or a key file. */
export interface VaultCipher {
  /** Stored with each value: names the key, so that a value sealed elsewhere is told apart. */
  id: string
  /** For the screen: "keychain", "key file". */
  backend: string
  isWeak: boolean
  /** One sentence for the screen: where secrets are sealed and what that means. */
  message: string
  seal(text: string): Promise<Buffer>
  /** Rejects when the bytes were not sealed with this key. An outdated key opens, and wants the text sealed again. */
  open(sealed: Buffer): Promise<{ text: string; isOutdated: boolean }>
}

/** What the HTTP port compares: a name or address, its subdomains by `*.`, a port if it matters. */
const HOST = /^((\*\.)?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?$/

const ENTRY_SUFFIX = '.secret.json'

/** Outside the seal stands only what a list needs; name and hosts are inside as well, so that an edited file is not believed. */
const entrySchema = z.object({ name: z.string(), cipher: z.string(), updatedAt: z.number(), sealed: z.string() })
type Entry = z.infer<typeof entrySchema>

const contentSchema = z.object({ name: z.string(), hosts: z.array(z.string()), value: z.string() })
type Content = z.infer<typeof contentSchema>

/** The names of the secrets in a vault's folder, which stand outside the seal; of what cannot be read, none. */
export function secretNamesIn(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith(ENTRY_SUFFIX))
    return files.map((file) => entrySchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))).name)
  } catch {
    return []
  }
}

export interface VaultOptions {
  folder: string
  ciphers: readonly [VaultCipher, ...VaultCipher[]]
  clock: Clock
  /** Told each value that leaves the vault, so that its process can keep it out of what it writes. */
  onReveal?: (value: string) => void
}

/**
 * One file per secret in the data folder's `vault/`, mode 0600, replaced as a whole. The first cipher seals; any of them
 * may open, so that values which a key file sealed stay readable where there is a keychain now.
 */
export class Vault implements SecretPort {
  readonly #folder: string
  readonly #ciphers: readonly [VaultCipher, ...VaultCipher[]]
  readonly #clock: Clock
  readonly #onReveal: ((value: string) => void) | undefined
  /** The list is asked for in every round of every chain; nobody else writes here. It holds no values. */
  #rows: SecretInfo[] | null = null

  constructor(options: VaultOptions) {
    this.#onReveal = options.onReveal
    this.#folder = options.folder
    this.#ciphers = options.ciphers
    this.#clock = options.clock
    makePrivateFolder(this.#folder)
  }

  async list(): Promise<SecretInfo[]> {
    this.#rows ??= await this.#readAll()
    return this.#rows
  }

  async #readAll(): Promise<SecretInfo[]> {
    const entries = this.#entries()
    const rows = await Promise.all(
      entries.map(async (entry) => {
        const content = await this.#open(entry)
        return {
          name: entry.name,
          hosts: content?.hosts ?? [],
          updatedAt: entry.updatedAt,
          isReadable: content !== null,
        }
      }),
    )
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async reveal(name: string): Promise<string> {
    const entry = this.#read(this.#path(name))
    if (entry === null) {
      throw new TocsinError('secret_missing', `There is no secret named ${name}: add it under Settings, Secrets.`)
    }
    const content = await this.#open(entry)
    if (content === null) {
      throw new TocsinError(
        'secret_not_readable',
        `The secret ${name} was sealed by a keychain that this process cannot open: set it again here, or use the app that stored it.`,
      )
    }
    this.#onReveal?.(content.value)
    return content.value
  }

  async set(name: string, value: string, hosts: string[]): Promise<void> {
    if (!SECRET_NAME.test(name)) {
      throw new TocsinError(
        'secret_name',
        'A secret is named with letters, digits and _, beginning with a letter or _.',
      )
    }
    if (value.length < MIN_SECRET_LENGTH) {
      throw new TocsinError('secret_too_short', `A secret has at least ${MIN_SECRET_LENGTH} characters.`)
    }
    const wrong = hosts.find((host) => !HOST.test(host))
    if (wrong !== undefined) {
      throw new TocsinError('secret_host', `"${wrong}" is no host: write api.example.com, *.example.com or host:port.`)
    }
    const [cipher] = this.#ciphers
    const content: Content = { name, hosts, value }
    const sealed = await cipher.seal(JSON.stringify(content))
    const entry: Entry = { name, cipher: cipher.id, updatedAt: this.#clock.now(), sealed: sealed.toString('base64') }
    writePrivateFile(this.#path(name), JSON.stringify(entry))
    this.#rows = null
  }

  async remove(name: string): Promise<void> {
    rmSync(this.#path(name), { force: true })
    syncFolder(this.#folder)
    this.#rows = null
  }

  async handleKey(): Promise<Uint8Array> {
    // Not sealed: handles in the database must mean the same under every host, and the key only keeps events from forging them.
    return readOrCreateKey(join(this.#folder, 'handle.key'), 32)
  }

  async generations(): Promise<string[]> {
    return keptGenerations(this.#folder)
  }

  async keepGeneration(id: string): Promise<void> {
    keepGeneration(this.#folder, id)
  }

  async backend(): Promise<{ backend: string; isWeak: boolean; message: string }> {
    const [{ backend, isWeak, message }] = this.#ciphers
    return { backend, isWeak, message }
  }

  #entries(): Entry[] {
    return readdirSync(this.#folder)
      .filter((file) => file.endsWith(ENTRY_SUFFIX))
      .map((file) => this.#readOrSkip(join(this.#folder, file)))
      .filter((entry) => entry !== null)
  }

  /** One damaged file must not hide the others; who asks for its secret hears of it. */
  #readOrSkip(path: string): Entry | null {
    try {
      return this.#read(path)
    } catch {
      return null
    }
  }

  /** By hash, because names differ in case and file systems may not. */
  #path(name: string): string {
    return join(this.#folder, `${sha256(name).slice(0, 32)}${ENTRY_SUFFIX}`)
  }

  #read(path: string): Entry | null {
    try {
      return entrySchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw new TocsinError('vault_damaged', `${path} cannot be read: restore it from a backup or remove it.`, {
        cause: error,
      })
    }
  }

  async #open(entry: Entry): Promise<Content | null> {
    const cipher = this.#ciphers.find(({ id }) => id === entry.cipher)
    if (cipher === undefined) return null
    try {
      const { text, isOutdated } = await cipher.open(Buffer.from(entry.sealed, 'base64'))
      const content = contentSchema.parse(JSON.parse(text))
      if (content.name !== entry.name) return null
      if (isOutdated) await this.#sealAgain(entry, cipher, text)
      return content
    } catch {
      return null
    }
  }

  /** By the same cipher: a value of the key file stays readable where there is no keychain. */
  async #sealAgain(entry: Entry, cipher: VaultCipher, text: string): Promise<void> {
    try {
      const sealed = (await cipher.seal(text)).toString('base64')
      const path = this.#path(entry.name)
      if (this.#read(path)?.sealed !== entry.sealed) return // replaced or removed meanwhile
      writePrivateFile(path, JSON.stringify({ ...entry, sealed } satisfies Entry))
    } catch {
      // What could be opened is good; the next time it is opened it is sealed again.
    }
  }
}
