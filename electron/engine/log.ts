import { pino, type Level } from 'pino'
import type { JsonValue } from '../../shared/model/json.ts'
import { errorMessage, TocsinError } from '../../shared/errors.ts'
import { LogFile, writeLine } from './log-file.ts'
import type { Log } from './ports.ts'

export interface LogConfig {
  level: 'debug' | 'info' | 'warn' | 'error'
  format: 'console' | 'json'
  /** `stdout`, `stderr`, or the path of a file, which is appended to and made 0600. */
  output: string
  /** From this size on a file is put aside, and a few of those are kept; absent: it grows. */
  rotateBytes?: number
}

export interface OpenLog extends Log {
  close: () => void
}

/** What AlertChain writes in a masked value's place (`behaviour/alertchain.md` §9). */
const MASK = '[REDACTED]'
const SECRET_KEY = /^secret_/

/** A cyclic or absurdly deep field must not take the logger down. */
const MAX_DEPTH = 16

/**
 * Opens the log. A value under a key that begins with `secret_` is masked at any depth; `redact` sees every finished
 * line and replaces known secret values in all their written forms.
 * @throws TocsinError `log_unwritable`
 */
export function openLog(config: LogConfig, redact: (line: string) => string = (line) => line): OpenLog {
  const target = openTarget(config)
  const isConsole = config.format === 'console'
  const write = (line: string): void => target.write(redact(isConsole ? consoleLine(line) : line))
  const logger = pino(
    { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    pino.multistream([{ level: config.level, stream: { write } }]),
  )
  const at =
    (level: Level) =>
    (message: string, fields: Record<string, JsonValue> = {}): void =>
      logger[level](maskSecrets(fields), message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), close: target.close }
}

/** A copy in which every value under a `secret_*` key reads `[REDACTED]`. */
export function maskSecrets<Value extends JsonValue>(value: Value): Value {
  return mask(value, 0) as Value // masking keeps the shape but for the masked leaves
}

function mask(value: JsonValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, SECRET_KEY.test(key) ? MASK : mask(item, depth + 1)]),
  )
}

function levelName(label: string): object {
  return { level: label }
}

function openTarget({ output, rotateBytes }: LogConfig): { write: (line: string) => void; close: () => void } {
  if (output === 'stdout' || output === 'stderr') {
    const descriptor = output === 'stdout' ? 1 : 2
    return { write: (line) => writeLine(descriptor, line), close: () => {} }
  }
  try {
    const file = new LogFile(output, rotateBytes ?? null)
    return { write: (line) => file.write(line), close: () => file.close() }
  } catch (error) {
    throw new TocsinError('log_unwritable', `Cannot write the log to ${output}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

interface Line {
  time: string
  level: string
  msg?: string
  [field: string]: unknown
}

/** `HH:MM:SS.mmm LEVEL message key=value …`; control characters of fields stay escaped, so a line stays one line. */
function consoleLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Line // our own serialisation a moment ago
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${fieldText(value)}`)
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${printable(msg ?? '')}${pairs.join('')}\n`
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : printable(JSON.stringify(value))
}

/** Terminal escapes in what detectors send must not reach the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what it is for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
