/** RFC 3339: date, time with or without fractions of a second, zone. */
const TIME =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Go keeps no finer fraction of a second. */
const NANO_DIGITS = 9

/**
 * A time of DeepAlert as it is written again: without zeros that end its fraction, `Z` for an offset of nothing.
 * @returns null where the text is no time of RFC 3339, or names a day that there is not
 */
export function readTime(text: string): string | null {
  const [, dateTime = '', fraction = '', zone = ''] = TIME.exec(text) ?? []
  // The 30th of February would be read as a day of March.
  if (dateTime === '' || new Date(`${dateTime}Z`).getUTCDate() !== Number(dateTime.slice(8, 10))) return null
  const kept = fraction.slice(0, NANO_DIGITS).replace(/0+$/, '')
  return `${dateTime}${kept === '' ? '' : `.${kept}`}${zone === '+00:00' || zone === '-00:00' ? 'Z' : zone}`
}

/** A moment of this desk in DeepAlert's form. @param at epoch ms */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.?0+Z$/, 'Z')
}
