import { NeedsFullEvaluator } from './builtin.ts'
import type { Civil } from './civil-time.ts'
import { layoutParts, MONTHS, WEEKDAYS, type LayoutPart } from './go-layout.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/** A time as Go's Time.Format writes it. @throws NeedsFullEvaluator for abbreviations of zones other than UTC */
export function formatTime(civil: Civil, layout: string, isUtc: boolean): string {
  const bytes = Buffer.from(layout).toString('latin1')
  const text = layoutParts(bytes)
    .map((part) => ('text' in part ? part.text : formatPart(part, civil, isUtc)))
    .join('')
  return Buffer.from(text, 'latin1').toString()
}

function formatPart(part: Exclude<LayoutPart, { text: string }>, civil: Civil, isUtc: boolean): string {
  switch (part.std) {
    case 'longMonth':
      return MONTHS[civil.month - 1] ?? ''
    case 'month':
      return (MONTHS[civil.month - 1] ?? '').slice(0, 3)
    case 'numMonth':
      return String(civil.month)
    case 'zeroMonth':
      return two(civil.month)
    case 'longWeekday':
      return WEEKDAYS[civil.weekday] ?? ''
    case 'weekday':
      return (WEEKDAYS[civil.weekday] ?? '').slice(0, 3)
    case 'day':
      return String(civil.day)
    case 'underDay':
      return String(civil.day).padStart(2, ' ')
    case 'zeroDay':
      return two(civil.day)
    case 'underYearDay':
      return String(civil.yearDay).padStart(3, ' ')
    case 'zeroYearDay':
      return String(civil.yearDay).padStart(3, '0')
    case 'longYear':
      return String(civil.year).padStart(4, '0')
    case 'year':
      return two(civil.year % 100)
    default:
      return formatClockPart(part, civil, isUtc)
  }
}

function formatClockPart(part: Exclude<LayoutPart, { text: string }>, civil: Civil, isUtc: boolean): string {
  const hour12 = civil.hour % 12 === 0 ? 12 : civil.hour % 12
  switch (part.std) {
    case 'hour':
      return two(civil.hour)
    case 'hour12':
      return String(hour12)
    case 'zeroHour12':
      return two(hour12)
    case 'minute':
      return String(civil.minute)
    case 'zeroMinute':
      return two(civil.minute)
    case 'second':
      return String(civil.second)
    case 'zeroSecond':
      return two(civil.second)
    case 'PM':
      return civil.hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return civil.hour >= 12 ? 'pm' : 'am'
    case 'fraction0':
    case 'fraction9':
      return fraction(civil.nanosecond, part)
    case 'zoneName':
      if (!isUtc) throw new NeedsFullEvaluator('the abbreviation of a time zone')
      return 'UTC'
    default:
      return offset(civil.offset, part.std)
  }
}

function fraction(
  nanosecond: number,
  { std, digits, separator }: { std: string; digits: number; separator: string },
): string {
  const shown = String(nanosecond)
    .padStart(9, '0')
    .slice(0, digits)
    .padEnd(std === 'fraction0' ? digits : 0, '0')
  const text = std === 'fraction9' ? shown.replace(/0+$/, '') : shown
  return text === '' ? '' : separator + text
}

function offset(seconds: number, std: string): string {
  if (std.startsWith('iso') && seconds === 0) return 'Z'
  const minutes = Math.trunc(Math.abs(seconds) / 60)
  const colon = std.includes('Colon') ? ':' : ''
  const hours = two(Math.trunc(minutes / 60))
  // Go's sign is that of the whole minutes.
  const sign = seconds < 0 && minutes > 0 ? '-' : '+'
  if (std.endsWith('Short')) return sign + hours
  const rest = std.endsWith('Seconds') ? colon + two(Math.abs(seconds) % 60) : ''
  return sign + hours + colon + two(minutes % 60) + rest
}
