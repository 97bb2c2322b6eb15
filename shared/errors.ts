/** A failure that a person or another process is meant to read: a stable word and a sentence that says what to do. */
export class TocsinError extends Error {
  readonly code: string
  readonly details: unknown

  /**
   * @param code stable lower-case word with underscores, part of the interface (`interfaces.md` §4)
   * @param message what went wrong and what to do about it; never holds a secret
   * @param details further JSON data for the screen
   */
  constructor(code: string, message: string, options: { cause?: unknown; details?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TocsinError'
    this.code = code
    this.details = options.details
  }
}

/** The code of any thrown value: its own, Node's (`ENOENT`), or `internal`. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'internal'
}

/** The message of any thrown value as one string. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
