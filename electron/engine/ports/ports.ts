import type { JsonValue } from '../../../shared/model/json.ts'

/** The time, as one argument of everything that needs it: tests set it, replay fixes it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Epoch nanoseconds as decimal text: what `time.now_ns` answers during one evaluation. */
  nowNs(): string
  /** Calls back once after `delayMs`; never keeps the process alive. @returns cancels it */
  after(delayMs: number, callback: () => void): () => void
}

/** Where public ids (UUIDv7) and the seeds of an evaluation's random values come from. */
export interface Ids {
  uuid(): string
  /** 32 hex digits. */
  seed(): string
}

/** A secret as the engine may list it: never its value. */
export interface SecretInfo {
  name: string
  /** Hosts that it may be sent to; empty means any. */
  hosts: string[]
  updatedAt: number
  /** False when it was sealed by a keychain that this process cannot open. */
  isReadable: boolean
}

/**
 * The engine's way to the vault, which lives in the main thread. Values are asked for one at a time; only the redactor keeps
 * the latest ones, in memory, to find them in what comes back.
 */
export interface SecretPort {
  list(): Promise<SecretInfo[]>
  /** @throws TocsinError `secret_missing`, `secret_not_readable` */
  reveal(name: string): Promise<string>
  set(name: string, value: string, hosts: string[]): Promise<void>
  remove(name: string): Promise<void>
  /** The per-install key under which handles are made (32 bytes). */
  handleKey(): Promise<Uint8Array>
  /** Which runs of the engine the vault knows (`store/generation.ts`). */
  generations(): Promise<string[]>
  /** Keeps this run and forgets the others. */
  keepGeneration(id: string): Promise<void>
  /** Where secrets are sealed, for the screen. */
  backend(): Promise<{ backend: string; isWeak: boolean; message: string }>
}

/** One line for the log; `fields` are redacted by the logger. */
export interface Log {
  debug(message: string, fields?: Record<string, JsonValue>): void
  info(message: string, fields?: Record<string, JsonValue>): void
  warn(message: string, fields?: Record<string, JsonValue>): void
  error(message: string, fields?: Record<string, JsonValue>): void
}
