import type { Answer } from '../../../shared/contract.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { SecretInfo, SecretPort } from '../ports/ports.ts'
import type { FromEngine } from './thread-protocol.ts'

/** How long a list of secrets is good: what changes it here makes it anew, only a keychain that opens does not. */
const SHARED_MS = 250

/** The engine thread's way to main's vault: one question, one answer, nothing kept. */
export class ThreadSecrets implements SecretPort {
  readonly #send: (message: FromEngine) => void
  readonly #waiting = new Map<number, (answer: Answer<unknown>) => void>()
  #lastId = 0
  #listing: Promise<SecretInfo[]> | null = null
  #listedAt = 0

  constructor(send: (message: FromEngine) => void) {
    this.#send = send
  }

  /** Takes main's answer to an earlier question. */
  onAnswer(id: number, answer: Answer<unknown>): void {
    this.#waiting.get(id)?.(answer)
    this.#waiting.delete(id)
  }

  // Each answer is what the same method of main's SecretPort returned: hence the assertions below.

  /** Every round of every chain asks: those that ask within a moment share an answer. */
  async list(): Promise<SecretInfo[]> {
    if (this.#listing !== null && performance.now() - this.#listedAt < SHARED_MS) return this.#listing
    const listing = this.#ask('list', []) as Promise<SecretInfo[]>
    this.#listing = listing
    this.#listedAt = performance.now()
    listing.catch(() => {
      if (this.#listing === listing) this.#listing = null
    })
    return listing
  }

  async reveal(name: string): Promise<string> {
    return (await this.#ask('reveal', [name])) as string
  }

  async set(name: string, value: string, hosts: string[]): Promise<void> {
    await this.#changed(this.#ask('set', [name, value, hosts]))
  }

  async remove(name: string): Promise<void> {
    await this.#changed(this.#ask('remove', [name]))
  }

  async handleKey(): Promise<Uint8Array> {
    return (await this.#ask('handleKey', [])) as Uint8Array
  }

  async generations(): Promise<string[]> {
    return (await this.#ask('generations', [])) as string[]
  }

  async keepGeneration(id: string): Promise<void> {
    await this.#ask('keepGeneration', [id])
  }

  async backend(): Promise<{ backend: string; isWeak: boolean; message: string }> {
    return (await this.#ask('backend', [])) as { backend: string; isWeak: boolean; message: string }
  }

  /** What was listed before or while a secret changes is good no longer. */
  async #changed(change: Promise<unknown>): Promise<void> {
    await change.finally(() => {
      this.#listing = null
    })
  }

  #ask(operation: keyof SecretPort, args: unknown[]): Promise<unknown> {
    const id = (this.#lastId += 1)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if (answer.ok) resolve(answer.value)
        else reject(new TocsinError(answer.error.code, answer.error.message))
      })
      this.#send({ type: 'secret', id, operation, args })
    })
  }
}

/** Main's side: asks the vault what the engine thread asked for. Throws what the vault throws. */
export async function answerSecret(
  secrets: SecretPort,
  operation: keyof SecretPort,
  args: readonly unknown[],
): Promise<unknown> {
  const [name, value, hosts] = args as [string, string, string[]] // sent by the class above
  switch (operation) {
    case 'list':
      return secrets.list()
    case 'reveal':
      return secrets.reveal(name)
    case 'set':
      return secrets.set(name, value, hosts)
    case 'remove':
      return secrets.remove(name)
    case 'handleKey':
      return secrets.handleKey()
    case 'generations':
      return secrets.generations()
    case 'keepGeneration':
      return secrets.keepGeneration(name)
    case 'backend':
      return secrets.backend()
  }
}
