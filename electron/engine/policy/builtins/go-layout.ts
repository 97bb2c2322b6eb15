/**
 * A piece of a layout of Go's package time: text as it is, or what a number or word of the reference time
 * (Mon Jan 2 15:04:05 MST 2006) stands for.
 */
export type LayoutPart =
  | { text: string }
  | { std: Std; /** Fractions: how many digits. */ digits: number; separator: string }

export type Std =
  | 'longMonth'
  | 'month'
  | 'numMonth'
  | 'zeroMonth'
  | 'longWeekday'
  | 'weekday'
  | 'day'
  | 'underDay'
  | 'zeroDay'
  | 'underYearDay'
  | 'zeroYearDay'
  | 'hour'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'longYear'
  | 'year'
  | 'PM'
  | 'pm'
  | 'zoneName'
  | 'zone'
  | 'isoZone'
  | 'zoneColon'
  | 'isoZoneColon'
  | 'zoneShort'
  | 'isoZoneShort'
  | 'zoneSeconds'
  | 'isoZoneSeconds'
  | 'zoneColonSeconds'
  | 'isoZoneColonSeconds'
  /** Exactly so many digits, also when they are zeros. */
  | 'fraction0'
  /** At most so many digits, none when all are zeros. */
  | 'fraction9'

/** In Go's order: the first that fits is taken. */
const CHUNKS: readonly [string, Std][] = [
  ['January', 'longMonth'],
  ['Jan', 'month'],
  ['Monday', 'longWeekday'],
  ['Mon', 'weekday'],
  ['MST', 'zoneName'],
  ['01', 'zeroMonth'],
  ['02', 'zeroDay'],
  ['03', 'zeroHour12'],
  ['04', 'zeroMinute'],
  ['05', 'zeroSecond'],
  ['06', 'year'],
  ['002', 'zeroYearDay'],
  ['15', 'hour'],
  ['1', 'numMonth'],
  ['2006', 'longYear'],
  ['2', 'day'],
  ['__2', 'underYearDay'],
  ['_2', 'underDay'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
  ['PM', 'PM'],
  ['pm', 'pm'],
  ['-070000', 'zoneSeconds'],
  ['-07:00:00', 'zoneColonSeconds'],
  ['-0700', 'zone'],
  ['-07:00', 'zoneColon'],
  ['-07', 'zoneShort'],
  ['Z070000', 'isoZoneSeconds'],
  ['Z07:00:00', 'isoZoneColonSeconds'],
  ['Z0700', 'isoZone'],
  ['Z07:00', 'isoZoneColon'],
  ['Z07', 'isoZoneShort'],
]

/** Splits a layout, given as bytes in a string (`latin1`). */
export function layoutParts(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = []
  let text = ''
  for (let at = 0; at < layout.length;) {
    const chunk = chunkAt(layout, at)
    if (chunk) {
      if (text !== '') parts.push({ text })
      text = ''
      parts.push(chunk.part)
      at += chunk.length
    } else text += layout[at++] ?? ''
  }
  if (text !== '') parts.push({ text })
  return parts
}

function chunkAt(layout: string, at: number): { part: LayoutPart; length: number } | null {
  const fraction = /^([.,])(0+|9+)(?!\d)/.exec(layout.slice(at, at + 64))
  if (fraction) {
    const [all, separator = '.', digits = ''] = fraction
    const std = digits.startsWith('0') ? 'fraction0' : 'fraction9'
    return { part: { std, digits: digits.length, separator }, length: all.length }
  }
  for (const [chunk, std] of CHUNKS) {
    if (!layout.startsWith(chunk, at)) continue
    // "Jan" and "Mon" are no chunks in longer words.
    if ((chunk === 'Jan' || chunk === 'Mon') && /[a-z]/.test(layout[at + 3] ?? '')) continue
    // "_2006" is an underscore before a year.
    if (chunk === '_2' && layout.startsWith('_2006', at)) return null
    return { part: { std, digits: 0, separator: '' }, length: chunk.length }
  }
  return null
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The layouts that OPA knows by name. */
export const NAMED_LAYOUTS: Record<string, string> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
}
