import { z } from 'zod'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { HttpPort } from '../http/http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { askService, inspectedUnknown, NOT_KNOWN, PRIVATE } from './inspect/ask-service.ts'
import { addressOf, domainOf, INDICATOR_MEANS, isPrivate } from './inspect/indicator.ts'
import { bounded, newAttributes, numberOf, objectOf, pick, textsOf, told } from './inspect/reading.ts'
import type { ServiceUrl } from './service-url.ts'

const TIMEOUT_MS = 30_000
const KEEP_MS = 6 * 3_600_000

/** AbuseIPDB's documentation, "Daily rate limits": 1,000 checks a day for a free key. */
const RATE = { calls: 1000, perMs: 86_400_000 }

/** What is kept of the answer: all but the single reports, which only `verbose` brings. */
const KEPT = [
  'ipAddress',
  'isPublic',
  'ipVersion',
  'isWhitelisted',
  'abuseConfidenceScore',
  'countryCode',
  'usageType',
  'isp',
  'domain',
  'hostnames',
  'isTor',
  'totalReports',
  'numDistinctUsers',
  'lastReportedAt',
]

const argsSchema = z.strictObject({
  secret_api_key: z.string().min(1).describe('Key of the AbuseIPDB account'),
  ip: z
    .string()
    .refine((text) => addressOf(text) !== null, INDICATOR_MEANS.ip)
    .describe('Address to ask about'),
  max_age_days: z
    .int()
    .min(1)
    .max(365)
    .optional()
    .describe('How many days old reports may be, 1 to 365; 30 unless told'),
})
type Args = z.infer<typeof argsSchema>

/** Asks AbuseIPDB how often an address was reported. */
export function abuseipdbCheck(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'abuseipdb.check',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    effect: () => 'observe',
    title: ({ ip }) => `Ask AbuseIPDB about ${ip}`,
    target: ({ ip }) => ip,
    effectSentence: ({ ip }) => `AbuseIPDB learns that somebody asks about ${ip}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      const value = isPrivate('ip', addressOf(args.ip) ?? '')
        ? 'none: it is private'
        : `GET ${urlOf(args, serviceUrl('ABUSEIPDB_BASE_URL'))}`
      return { rows: [{ key: 'Request', value }], bound: null }
    },
    async run(args, context) {
      if (isPrivate('ip', addressOf(args.ip) ?? '')) return PRIVATE
      const url = urlOf(args, serviceUrl('ABUSEIPDB_BASE_URL'))
      const headers = { Key: args.secret_api_key }
      const question = { who: 'AbuseIPDB', variable: 'ABUSEIPDB_BASE_URL', url, headers }
      const answer = await askService(http, question, context)
      return answer === null ? NOT_KNOWN : bounded({ data: pick(objectOf(answer['data']), KEPT) })
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

function urlOf({ ip, max_age_days: days = 30 }: Args, base: string): string {
  const query = new URLSearchParams({ ipAddress: addressOf(ip) ?? '', maxAgeInDays: String(days) })
  return `${base}/api/v2/check?${query.toString()}`
}

function inspected({ ip }: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('AbuseIPDB', result)
  if (unknown !== null) return unknown
  const data = objectOf(objectOf(result)['data'])
  const score = numberOf(data['abuseConfidenceScore'])
  const reports = numberOf(data['totalReports'])
  const names = textsOf(data['hostnames']).map(domainOf)
  const hostname = names.filter((name) => name !== null)
  const content = told({
    ipaddr: [addressOf(ip) ?? ip],
    country: textsOf(data['countryCode']),
    as_owner: textsOf(data['isp']),
    hostname,
  })
  return {
    summary:
      score === null ? 'AbuseIPDB gave no score' : `${score} % confidence, ${reports ?? 'unknown number of'} reports`,
    findings: [
      { type: 'host', content },
      { type: 'result', content: data },
    ],
    attributes: newAttributes('domain', 'AbuseIPDB hostnames', hostname),
  }
}
