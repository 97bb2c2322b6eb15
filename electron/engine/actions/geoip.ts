import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import { defineAction, type Action } from './action-definition.ts'
import { inspectedUnknown, NOT_KNOWN } from './inspect/ask-service.ts'
import { readable, type GeoDatabase, type GeoDatabases } from './inspect/geo-databases.ts'
import { addressOf, INDICATOR_MEANS } from './inspect/indicator.ts'
import { bounded, numberOf, objectOf, objectsOf, textOf, textsOf, told } from './inspect/reading.ts'

const TIMEOUT_MS = 30_000
const KEEP_MS = 3_600_000

/** Deeper than any record that is sold. */
const MAX_DEPTH = 8

const argsSchema = z.strictObject({
  ip: z
    .string()
    .refine((text) => addressOf(text) !== null, INDICATOR_MEANS.ip)
    .describe('Address to look up'),
  database: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File in MaxMind’s format, below the data folder or the workspace, relative to <data>/geoip; all .mmdb in that folder unless told, eight at most',
    ),
})
type Args = z.infer<typeof argsSchema>

/** Looks up in databases on this computer where an address is and whose it is. Asks nobody outside. */
export function geoip(databases: GeoDatabases): Action {
  return defineAction<Args>({
    uses: 'geoip',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [],
    undo: null,
    effect: () => 'observe',
    title: ({ ip }) => `Look up where ${ip} is`,
    target: ({ ip }) => ip,
    effectSentence: ({ ip }) => `Reads what the databases on this computer say of ${ip}. Nobody outside learns of it.`,
    isIdempotent: () => true,
    async plan({ database }) {
      return { rows: [{ key: 'Looks in', value: database ?? databases.folder ?? 'no data folder' }], bound: null }
    },
    async run({ ip, database }) {
      const address = addressOf(ip) ?? ''
      const found = (await databases.open(database)).map((one) => entryOf(one, address)).filter((one) => one !== null)
      return found.length === 0 ? NOT_KNOWN : bounded({ databases: found })
    },
    lookup: { keepMs: KEEP_MS, rate: null, inspected },
  })
}

function entryOf({ file, reader }: GeoDatabase, address: string): JsonObject | null {
  // The reader would take its bits for those of an IPv4 address.
  if (address.includes(':') && reader.metadata.ipVersion === 4) return null
  return readable(file, () => {
    const [record, length] = reader.getWithPrefixLength(address)
    if (record === null) return null
    const { databaseType, buildEpoch } = reader.metadata
    return {
      file,
      type: textOf(databaseType),
      built: buildEpoch.toISOString(),
      length,
      record: plain(record, MAX_DEPTH),
    }
  })
}

/** A record as JSON, with names in English only where they are in many languages. */
function plain(value: unknown, depth: number): JsonValue {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || depth === 0) return null
  if (Array.isArray(value)) return value.map((item) => plain(item, depth - 1))
  const entries = Object.entries(value)
  const english = entries.find(([name]) => name === 'en')
  const kept = english !== undefined && entries.every(([, text]) => typeof text === 'string') ? [english] : entries
  return Object.fromEntries(kept.map(([name, field]) => [name, plain(field, depth - 1)]))
}

function inspected({ ip }: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('the databases', result)
  if (unknown !== null) return unknown
  const records = objectsOf(objectOf(result)['databases']).map(({ record }) => objectOf(record))
  const country = textsOf(records.map(countryOf))
  const owner = textsOf(records.map(ownerOf))
  const place = [...textsOf(records.map(({ city }) => englishOf(city))), ...country].join(', ')
  const summary = [place, ...owner].filter((part) => part !== '').join('; ')
  return {
    summary: summary === '' ? 'The databases name neither place nor owner' : summary,
    findings: [
      { type: 'host', content: told({ ipaddr: [addressOf(ip) ?? ip], country, as_owner: owner }) },
      { type: 'result', content: result },
    ],
    attributes: [],
  }
}

/** MaxMind has objects; others that make such files (DB-IP, IPinfo) have texts. */
function countryOf(record: JsonObject): string {
  const { country, registered_country: registered } = record
  return (
    textOf(objectOf(country)['iso_code']) ||
    textOf(record['country_code']) ||
    textOf(country) ||
    textOf(objectOf(registered)['iso_code'])
  )
}

function ownerOf(record: JsonObject): string {
  const name =
    textOf(record['autonomous_system_organization']) || textOf(record['as_name']) || textOf(record['organization'])
  const number = numberOf(record['autonomous_system_number'])
  const asn = number === null ? textOf(record['asn']) : `AS${number}`
  return [asn, name].filter((part) => part !== '').join(' ')
}

function englishOf(value: JsonValue | undefined): string {
  return textOf(objectOf(objectOf(value)['names'])['en']) || textOf(value)
}
