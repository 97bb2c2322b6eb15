import { isatty } from 'node:tty'
import { pino, type Level } from 'pino'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { LogFile, writeLine } from './log-file.ts'
import type { Log } from '../ports/ports.ts'

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

/** Process variables and raw events are never logged, whatever is in them (`behaviour/alertchain.md` §9). */
const WITHHELD_KEYS = new Set(['env', 'raw'])

const STDOUT = 1
const STDERR = 2

/** A cyclic or absurdly deep field must not take the logger down. */
const MAX_DEPTH = 16

/**
 * Opens the log. A value under a key that begins with `secret_`, an `env` and a `raw` are masked at any depth; `redact`
 * sees every finished line and replaces known secret values in all their written forms.
 * @throws TocsinError `log_unwritable`
 */
export function openLog(config: LogConfig, redact: (line: string) => string = (line) => line): OpenLog {
  const target = openTarget(config)
  const isColoured = isTerminal(config.output)
  const written = config.format === 'console' ? (json: string) => consoleLine(json, isColoured) : (json: string) => json
  const write = (line: string): void => target.write(written(cleanLine(line, redact)))
  const logger = pino(
    { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    { write },
  )
  const at =
    (level: Level) =>
    (message: string, fields: Record<string, JsonValue> = {}): void => {
      // Masking copies; a level that is not written must cost nothing.
      if (logger.isLevelEnabled(level)) logger[level](maskSecrets(fields), message)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), close: target.close }
}

/** A copy in which every value under a `secret_*` key, every `env` and every `raw` reads `[REDACTED]`. */
export function maskSecrets<Value extends JsonValue>(value: Value): Value {
  return mask(value, 0) as Value // masking keeps the shape but for the masked leaves
}

function mask(value: JsonValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isWithheld(key) ? MASK : mask(item, depth + 1)]),
  )
}

function isWithheld(key: string): boolean {
  return SECRET_KEY.test(key) || WITHHELD_KEYS.has(key)
}

/** Where a line holds a secret it is cleaned value by value, so that what is left is JSON still: a secret may be a number. */
function cleanLine(line: string, redact: (text: string) => string): string {
  if (redact(line) === line) return line
  const { time, level, ...rest } = JSON.parse(line) as Line // our own serialisation a moment ago
  return `${JSON.stringify({ level, time, ...(cleaned(rest as JsonObject, redact) as JsonObject) })}\n`
}

function cleaned(value: JsonValue, redact: (text: string) => string): JsonValue {
  if (typeof value === 'string') return redact(value)
  if (typeof value === 'number') return redact(String(value)) === String(value) ? value : MASK
  if (Array.isArray(value)) return value.map((item) => cleaned(item, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), cleaned(item, redact)]))
}

function levelName(label: string): object {
  return { level: label }
}

/** Colours are for eyes: a file, a pipe and `NO_COLOR` get none. */
function isTerminal(output: string): boolean {
  if (process.env['NO_COLOR']) return false
  return (output === 'stdout' && isatty(STDOUT)) || (output === 'stderr' && isatty(STDERR))
}

function openTarget({ output, rotateBytes }: LogConfig): { write: (line: string) => void; close: () => void } {
  if (output === 'stdout' || output === 'stderr') {
    const descriptor = output === 'stdout' ? STDOUT : STDERR
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

/** SGR colours of a level's word, as AlertChain's console has them: errors red, warnings yellow, the rest quiet. */
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const FAINT = '\u001b[2m'
const PLAIN = '\u001b[0m'

/**
 * One line for people: `HH:MM:SS.mmm LEVEL message key=value …` in local time, as AlertChain writes it. Control characters
 * of fields stay escaped, so a line stays one line.
 * @param json a line as it would be written as JSON
 */
export function consoleLine(json: string, isColoured: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Line // our own serialisation a moment ago
  const colour = (code: string, text: string): string => (isColoured ? `${code}${text}${PLAIN}` : text)
  const pairs = Object.entries(fields).map(
    ([key, value]) => ` ${colour(FAINT, `${printable(key)}=`)}${fieldText(value)}`,
  )
  const word = colour(COLOURS[level] ?? '', level.toUpperCase().padEnd(5))
  return `${clockTime(new Date(time))} ${word} ${printable(msg ?? '')}${pairs.join('')}\n`
}

/** `HH:MM:SS.mmm` where the reader is. */
function clockTime(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const millis = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`
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
