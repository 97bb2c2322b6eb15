import type { JsonObject } from '../../../shared/model/json.ts'
import { middleCut, visibleText } from '../../../shared/visible-text.ts'
import { alertAttributes, alertField, excerpt, valueText } from './alert-text.ts'

/** Attributes of this type are text of their own, not rows of the table (`behaviour/alertchain.md` §3). */
const MARKDOWN = 'markdown'

/** Shows nothing, and keeps what stands before and behind it from being read as one word. */
export const ZERO_WIDTH_SPACE = '\u200b'

export const LINE_END = /\r\n|[\r\n\u2028\u2029]/

/** What the tables of an issue show of an attribute, and what stands under "Comments". */
export function ticketAttributes(alert: JsonObject): {
  rows: { key: string; value: string; type: string }[]
  comments: { key: string; text: string }[]
} {
  const attrs = alertAttributes(alert).map(({ key, value, type }) => ({ key, value: valueText(value), type }))
  return {
    rows: attrs.filter(({ type }) => type !== MARKDOWN),
    comments: attrs.filter(({ type }) => type === MARKDOWN).map(({ key, value }) => ({ key, text: value })),
  }
}

/** The alert's title as a ticket may have it: one line of at most `max` characters, never empty. */
export function ticketTitle(alert: JsonObject, max: number): string {
  return middleCut(fullTitle(alert), max).toWellFormed()
}

/** The whole title where `ticketTitle` had to cut it, else null: no part of it is lost. */
export function longTitle(alert: JsonObject, max: number): string | null {
  const text = fullTitle(alert)
  return text.length > max ? text : null
}

function fullTitle(alert: JsonObject): string {
  return oneLine(alertField(alert, 'title')) || `Alert ${alertField(alert, 'id')}`
}

/** A time as Go prints it, which AlertChain's issues show: `2024-01-02 03:04:05.678 +0000 UTC`. */
export function goTime(text: string): string {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) return text
  const [day = '', clock = ''] = time.toISOString().slice(0, -1).split('T')
  const [seconds = '', fraction = ''] = clock.split('.')
  const shown = fraction.replace(/0+$/, '')
  return `${day} ${seconds}${shown === '' ? '' : `.${shown}`} +0000 UTC`
}

/** Without what no screen shows and some services refuse: control characters, halves of surrogate pairs. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd').toWellFormed()
}

/** One line that reads as nothing else: what would be invisible in it, or look like other letters, is said. */
export function oneLine(text: string): string {
  const line = printable(text)
    .replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ')
    .trim()
  return visibleText(line, Number.POSITIVE_INFINITY)
}

/** For the words that `excerpt` puts behind a text that it cut. */
const EXCERPT_ROOM = 40

/**
 * What `write` makes of the text, within `room` characters: of a longer text the beginning, and how much more there is.
 * @param write escapes; may make the text longer
 */
export function fit(text: string, room: number, write: (text: string) => string): string {
  const start = text.length <= room ? text.length : Math.max(0, room - EXCERPT_ROOM)
  for (let length = start; ; length = Math.floor(length * 0.8)) {
    const written = write(excerpt(text, length).toWellFormed())
    if (written.length <= room || length <= 0) return written
  }
}

/** As many of the items as fit into `room` characters, then what `more` says of those left out. */
export function fill(items: readonly string[], room: number, more: (count: number) => string): string[] {
  let used = 0
  const end = items.findIndex((item) => (used += item.length) > room)
  return end === -1 ? [...items] : [...items.slice(0, end), more(items.length - end)]
}
