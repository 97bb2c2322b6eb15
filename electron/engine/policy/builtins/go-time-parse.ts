import { BuiltinError, NeedsFullEvaluator } from './builtin.ts'
import { daysIn, utcSeconds } from './civil-time.ts'
import { layoutParts, MONTHS, WEEKDAYS, type LayoutPart, type Std } from './go-layout.ts'

interface Fields {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  half: '' | 'am' | 'pm'
  /** Seconds east of UTC; null when the value names none. */
  offset: number | null
  /** Said by `UTC` or `Z`, which count more than any offset. */
  isUtc: boolean
}

const bad = (): BuiltinError => new BuiltinError('cannot parse the time')

/**
 * A time as Go's time.Parse reads it, with its quirks: spaces in the layout match any number of them, a fraction of a
 * second may follow the seconds, an unknown abbreviation of a zone counts as UTC.
 * @returns seconds since 1970 and the nanosecond
 * @throws BuiltinError when the value does not fit the layout
 */
export function parseTime(layout: string, value: string): { seconds: number; nanosecond: number } {
  const parts = layoutParts(Buffer.from(layout).toString('latin1'))
  const reader = new TimeReader(Buffer.from(value).toString('latin1'))
  for (const [i, part] of parts.entries()) {
    if ('text' in part) reader.skip(part.text)
    else reader.read(part, parts[i + 1])
  }
  const fields = reader.finish()
  return {
    seconds: utcSeconds(completed(fields)) - (fields.isUtc ? 0 : (fields.offset ?? 0)),
    nanosecond: fields.nanosecond,
  }
}

/** The day of the year becomes month and day, which then must agree with those given. */
function completed(fields: Fields): Fields {
  const { half, yearDay } = fields
  let { hour, month, day } = fields
  if (half === 'pm' && hour < 12) hour += 12
  else if (half === 'am' && hour === 12) hour = 0
  if (yearDay >= 0) {
    const found = dayOfYear(fields.year, yearDay)
    if ((month >= 0 && month !== found.month) || (day >= 0 && day !== found.day)) throw bad()
    month = found.month
    day = found.day
  }
  if (month < 0) month = 1
  if (day < 0) day = 1
  if (day < 1 || day > daysIn(fields.year, month)) throw bad()
  return { ...fields, hour, month, day }
}

function dayOfYear(year: number, yearDay: number): { month: number; day: number } {
  let rest = yearDay
  for (let month = 1; month <= 12 && rest >= 1; month++) {
    const days = daysIn(year, month)
    if (rest <= days) return { month, day: rest }
    rest -= days
  }
  throw bad()
}

class TimeReader {
  #rest: string
  readonly #fields: Fields = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: '',
    offset: null,
    isUtc: false,
  }

  constructor(value: string) {
    this.#rest = value
  }

  finish(): Fields {
    if (this.#rest !== '') throw bad()
    return this.#fields
  }

  skip(prefix: string): void {
    for (let at = 0; at < prefix.length;) {
      if (prefix[at] === ' ') {
        if (this.#rest !== '' && this.#rest[0] !== ' ') throw bad()
        while (prefix[at] === ' ') at++
        this.#rest = this.#rest.replace(/^ +/, '')
        continue
      }
      if (this.#rest[0] !== prefix[at]) throw bad()
      this.#rest = this.#rest.slice(1)
      at++
    }
  }

  read(part: Exclude<LayoutPart, { text: string }>, next: LayoutPart | undefined): void {
    const fields = this.#fields
    switch (part.std) {
      case 'year': {
        if (/^[+-]/.test(this.#rest)) throw new NeedsFullEvaluator('a signed year')
        const year = Number(this.#take(/^\d\d/))
        fields.year = year + (year >= 69 ? 1900 : 2000)
        break
      }
      case 'longYear':
        fields.year = Number(this.#take(/^\d{4}/))
        break
      case 'month':
        fields.month = this.#word(MONTHS.map((name) => name.slice(0, 3))) + 1
        break
      case 'longMonth':
        fields.month = this.#word(MONTHS) + 1
        break
      case 'numMonth':
      case 'zeroMonth':
        fields.month = this.#number(part.std === 'zeroMonth', 1, 12)
        break
      case 'weekday':
        this.#word(WEEKDAYS.map((name) => name.slice(0, 3)))
        break
      case 'longWeekday':
        this.#word(WEEKDAYS)
        break
      case 'underDay':
        this.#rest = this.#rest.replace(/^ /, '')
        fields.day = this.#number(false, 0, 99)
        break
      case 'day':
      case 'zeroDay':
        fields.day = this.#number(part.std === 'zeroDay', 0, 99)
        break
      case 'underYearDay':
        this.#rest = this.#rest.replace(/^ {1,2}/, '')
        fields.yearDay = Number(this.#take(/^\d{1,3}/))
        break
      case 'zeroYearDay':
        fields.yearDay = Number(this.#take(/^\d{3}/))
        break
      default:
        this.#readClock(part, next)
    }
  }

  #readClock(part: Exclude<LayoutPart, { text: string }>, next: LayoutPart | undefined): void {
    const fields = this.#fields
    switch (part.std) {
      case 'hour':
        fields.hour = this.#number(false, 0, 23)
        break
      case 'hour12':
      case 'zeroHour12':
        fields.hour = this.#number(part.std === 'zeroHour12', 0, 12)
        break
      case 'minute':
      case 'zeroMinute':
        fields.minute = this.#number(part.std === 'zeroMinute', 0, 59)
        break
      case 'second':
      case 'zeroSecond':
        fields.second = this.#number(part.std === 'zeroSecond', 0, 59)
        // A fraction may follow although the layout has none.
        if (!(next && 'std' in next && next.std.startsWith('fraction'))) this.#optionalFraction()
        break
      case 'PM':
        fields.half = this.#take(/^(?:AM|PM)/) === 'PM' ? 'pm' : 'am'
        break
      case 'pm':
        fields.half = this.#take(/^(?:am|pm)/) === 'pm' ? 'pm' : 'am'
        break
      case 'fraction0':
        fields.nanosecond = nanosecondOf(this.#take(new RegExp(`^[.,]\\d{${part.digits}}`)))
        break
      case 'fraction9':
        this.#optionalFraction()
        break
      case 'zoneName':
        this.#zoneName()
        break
      default:
        this.#zoneOffset(part.std)
    }
  }

  #take(pattern: RegExp): string {
    const taken = pattern.exec(this.#rest)?.[0]
    if (taken === undefined) throw bad()
    this.#rest = this.#rest.slice(taken.length)
    return taken
  }

  #number(isFixed: boolean, minimum: number, maximum: number): number {
    const value = Number(this.#take(isFixed ? /^\d\d/ : /^\d{1,2}/))
    if (value < minimum || value > maximum) throw bad()
    return value
  }

  /** The first word that the rest begins with, whatever its case. */
  #word(words: readonly string[]): number {
    const index = words.findIndex((word) => this.#rest.slice(0, word.length).toLowerCase() === word.toLowerCase())
    if (index < 0) throw bad()
    this.#rest = this.#rest.slice(words[index]?.length)
    return index
  }

  #optionalFraction(): void {
    if (/^[.,]\d/.test(this.#rest)) this.#fields.nanosecond = nanosecondOf(this.#take(/^[.,]\d+/))
  }

  #zoneName(): void {
    if (this.#rest.startsWith('UTC')) {
      this.#rest = this.#rest.slice(3)
      this.#fields.isUtc = true
      return
    }
    if (/^(?:GMT)?[+-]\d{3}/.test(this.#rest)) throw new NeedsFullEvaluator('a long offset in a zone name')
    // Go makes a zone of that name, but its time is as if it were UTC, even after `GMT+3`.
    this.#take(ZONE_NAME)
    this.#fields.offset ??= 0
  }

  #zoneOffset(std: Std): void {
    const fields = this.#fields
    if (std.startsWith('iso') && this.#rest.startsWith('Z')) {
      this.#rest = this.#rest.slice(1)
      fields.isUtc = true
      return
    }
    const pattern = OFFSETS[std.replace('isoZ', 'z')]
    if (!pattern) throw bad()
    const [, sign = '', hours = '0', minutes = '0', seconds = '0'] = pattern.exec(this.#take(pattern)) ?? []
    if (Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60) throw bad()
    const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
    fields.offset = sign === '-' ? -offset : offset
  }
}

const OFFSETS: Record<string, RegExp> = {
  zone: /^([+-])(\d\d)(\d\d)/,
  zoneColon: /^([+-])(\d\d):(\d\d)/,
  zoneShort: /^([+-])(\d\d)/,
  zoneSeconds: /^([+-])(\d\d)(\d\d)(\d\d)/,
  zoneColonSeconds: /^([+-])(\d\d):(\d\d):(\d\d)/,
}

/** What Go takes for an abbreviation: three to five capitals, some with a T at the end, `GMT` with hours, `+03`. */
const ZONE_NAME =
  /^(?:ChST|MeST|GMT(?:[+-](?:[01]?\d|2[0-3])(?!\d))?|[+-](?:[01]?\d|2[0-3])(?!\d)|[A-Z]{4}T(?![A-Z])|(?:[A-Z]{3}T|WITA)(?![A-Z])|[A-Z]{3}(?![A-Z]))/

/** The first nine digits behind the point. */
function nanosecondOf(fraction: string): number {
  return Number(fraction.slice(1, 10).padEnd(9, '0'))
}
