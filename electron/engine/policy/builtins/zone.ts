import { NeedsFullEvaluator } from './builtin.ts'

/** A zone's offset from UTC in seconds at a time in seconds since 1970. */
export type Zone = { isUtc: boolean; offsetAt(seconds: number): number }

export const UTC: Zone = { isUtc: true, offsetAt: () => 0 }

/** Today's names of zones that ICU lists by their former ones. */
const RENAMED =
  'Asia/Kolkata Asia/Kathmandu Asia/Ho_Chi_Minh Asia/Yangon Europe/Kyiv America/Nuuk America/Argentina/Buenos_Aires ' +
  'America/Argentina/Cordoba America/Indiana/Indianapolis America/Kentucky/Louisville Atlantic/Faroe Africa/Asmara ' +
  'Pacific/Pohnpei Pacific/Chuuk Pacific/Kanton Etc/UTC GMT'
/** Names that Go's zone files have too, in this spelling: Go's are sensitive to case. */
const KNOWN = new Set([...Intl.supportedValuesOf('timeZone'), ...RENAMED.split(' ')])
const zones = new Map<string, Zone>()

/** Before 1970 the zone files of Go and of ICU tell different histories; after 2037 they use rules of their own. */
const FIRST_SECOND = 0
const LAST_SECOND = Date.UTC(2037, 0, 1) / 1000

/** @throws NeedsFullEvaluator for names that only Go's zone files may know */
export function zoneNamed(name: string): Zone {
  if (name === '' || name === 'UTC') return UTC
  const known = zones.get(name)
  if (known) return known
  if (!KNOWN.has(name)) throw new NeedsFullEvaluator(`time zone ${name}`)
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const zone: Zone = { isUtc: false, offsetAt: (seconds) => offsetOf(format, seconds) }
  zones.set(name, zone)
  return zone
}

function offsetOf(format: Intl.DateTimeFormat, seconds: number): number {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new NeedsFullEvaluator('a zone long ago or far ahead')
  const parts = Object.fromEntries(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds
}
