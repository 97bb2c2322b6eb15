import type { Redactor } from '../engine/secrets/redact.ts'

/** What a command is given of its process; tests bring their own. */
export interface CommandIo {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  stdin: () => Promise<Buffer>
  /** Machine-readable output. */
  out: (text: string) => void
  /** Everything else. */
  err: (text: string) => void
}

/** The same as a command sees it: what it writes is cleaned of the secrets that this process knows. */
export interface CommandContext extends CommandIo {
  /** Takes further values; cleans JSON value by value, so that it stays JSON. */
  redactor: Redactor
}

/** Exit statuses (`interfaces.md` §2). */
export const EXIT_DONE = 0
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2
