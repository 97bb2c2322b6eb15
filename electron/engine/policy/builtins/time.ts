import { numberText, RegoNumber, type RegoValue } from '../rego-value.ts'
import {
  bigIntegerOperand,
  BuiltinError,
  integerOperand,
  operandError,
  stringOperand,
  type Builtin,
} from './builtin.ts'
import { civilOf, daysIn, nanoseconds, zonedSeconds, type Civil } from './civil-time.ts'
import { durationNs } from './go-duration.ts'
import { NAMED_LAYOUTS, WEEKDAYS } from './go-layout.ts'
import { formatTime } from './go-time-format.ts'
import { parseTime } from './go-time-parse.ts'
import { UTC, zoneNamed, type Zone } from './zone.ts'

interface Moment {
  ns: bigint
  zone: Zone
  layout: string
}

/** Nanoseconds, or `[nanoseconds, zone, layout]` with the latter two optional. @throws BuiltinError */
function momentOf(value: RegoValue | undefined): Moment {
  if (typeof value === 'number' || value instanceof RegoNumber) return { ns: nsOf(value), zone: UTC, layout: '' }
  if (!Array.isArray(value)) throw operandError('either number (ns) or [number (ns), string (tz)]', value)
  const [ns, zone, layout] = value
  return {
    ns: nsOf(ns),
    zone: value.length > 1 ? zoneNamed(stringOperand(zone)) : UTC,
    layout: value.length > 2 ? stringOperand(layout) : '',
  }
}

function nsOf(value: RegoValue | undefined): bigint {
  const ns = bigIntegerOperand(value)
  if (BigInt.asIntN(64, ns) !== ns) throw new BuiltinError(`timestamp too big: ${numberText(value as number)}`)
  return ns
}

const parseNs: Builtin = (_context, layout, value) => {
  const name = stringOperand(layout)
  const { seconds, nanosecond } = parseTime(NAMED_LAYOUTS[name] ?? name, stringOperand(value))
  return nanoseconds(seconds, nanosecond)
}

const format: Builtin = (_context, moment) => {
  const { ns, zone, layout } = momentOf(moment)
  const name = layout === '' ? 'RFC3339Nano' : layout
  return formatTime(civilOf(ns, zone), NAMED_LAYOUTS[name] ?? name, zone.isUtc)
}

const addDate: Builtin = (_context, moment, years, months, days) => {
  const { ns, zone } = momentOf(moment)
  const [moreYears, moreMonths, moreDays] = [years, months, days].map((one) => Number(integerOperand(one)))
  const civil = civilOf(ns, zone)
  const moved = {
    ...civil,
    year: civil.year + (moreYears ?? 0),
    month: civil.month + (moreMonths ?? 0),
    day: civil.day + (moreDays ?? 0),
  }
  return nanoseconds(zonedSeconds(moved, zone), civil.nanosecond)
}

/** Years, months, days, hours, minutes and seconds between two times, in the first one's zone. */
const diff: Builtin = (_context, a, b) => {
  const first = momentOf(a)
  const { ns } = momentOf(b)
  const [earlier, later] = [first.ns, ns].sort((x, y) => (x < y ? -1 : Number(x > y)))
  const from = civilOf(earlier ?? 0n, first.zone)
  const to = civilOf(later ?? 0n, first.zone)
  return borrowed(from, to)
}

/** A part that went below zero borrows from the next larger one, days from the earlier time's month. */
function borrowed(from: Civil, to: Civil): number[] {
  const difference = (part: keyof Civil): number => to[part] - from[part]
  let [second, minute, hour] = [difference('second'), difference('minute'), difference('hour')]
  let [day, month, year] = [difference('day'), difference('month'), difference('year')]
  if (second < 0) [second, minute] = [second + 60, minute - 1]
  if (minute < 0) [minute, hour] = [minute + 60, hour - 1]
  if (hour < 0) [hour, day] = [hour + 24, day - 1]
  if (day < 0) [day, month] = [day + daysIn(from.year, from.month), month - 1]
  if (month < 0) [month, year] = [month + 12, year - 1]
  return [year, month, day, hour, minute, second]
}

const clockOf = (moment: RegoValue | undefined): Civil => {
  const { ns, zone } = momentOf(moment)
  return civilOf(ns, zone)
}

/** Times are nanoseconds since 1970; layouts and durations are Go's. */
export const timeBuiltins: Record<string, Builtin> = {
  'time.now_ns': (context) => context.nowNs,
  'time.parse_ns': parseNs,
  'time.parse_rfc3339_ns': (context, value) => parseNs(context, 'RFC3339', value ?? null),
  'time.parse_duration_ns': (_context, value) => durationNs(stringOperand(value)),
  'time.format': format,
  'time.date': (_context, moment) => {
    const { year, month, day } = clockOf(moment)
    return [year, month, day]
  },
  'time.clock': (_context, moment) => {
    const { hour, minute, second } = clockOf(moment)
    return [hour, minute, second]
  },
  'time.weekday': (_context, moment) => WEEKDAYS[clockOf(moment).weekday] ?? '',
  'time.add_date': addDate,
  'time.diff': diff,
}
