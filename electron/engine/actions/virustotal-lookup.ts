import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Content, Inspected } from '../../../shared/model/report.ts'
import type { HttpPort } from '../http/http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { askService, inspectedUnknown, NOT_KNOWN, PRIVATE } from './inspect/ask-service.ts'
import {
  addressOf,
  INDICATOR_MEANS,
  INDICATOR_TYPES,
  indicatorOf,
  isPrivate,
  type IndicatorKind,
} from './inspect/indicator.ts'
import {
  bounded,
  newAttributes,
  numberOf,
  objectOf,
  objectsOf,
  pick,
  textOf,
  textsOf,
  timeOf,
  told,
} from './inspect/reading.ts'
import type { ServiceUrl } from './service-url.ts'

const TIMEOUT_MS = 30_000

/** Reputation changes within hours; the free key has 500 questions a day. */
const KEEP_MS = 6 * 3_600_000

/** VirusTotal's documentation, "Public vs Premium API": 4 requests a minute for a free key. */
const RATE = { calls: 4, perMs: 60_000 }

const COLLECTIONS = { ip: 'ip_addresses', domain: 'domains', file: 'files', url: 'urls' } as const

/** What is kept of an object's attributes; the verdicts of the many engines that found nothing are not. */
const KEPT = [
  'last_analysis_stats',
  'last_analysis_date',
  'last_modification_date',
  'reputation',
  'total_votes',
  'tags',
  'as_owner',
  'asn',
  'country',
  'network',
  'registrar',
  'creation_date',
  'categories',
  'last_dns_records',
  'md5',
  'sha1',
  'sha256',
  'size',
  'type_description',
  'meaningful_name',
  'names',
  'popular_threat_classification',
  'first_submission_date',
  'last_submission_date',
  'url',
  'last_final_url',
  'title',
  'threat_names',
]

const argsSchema = z
  .strictObject({
    secret_api_key: z.string().min(1).describe('Key of the VirusTotal account'),
    type: z.enum(Object.keys(INDICATOR_TYPES) as [keyof typeof INDICATOR_TYPES]).describe('Kind of the indicator'),
    value: z
      .string()
      .min(1)
      .describe('Address, name, hash (hexadecimal of 32, 40, 64 or 128) or http(s) URL to ask about'),
  })
  .superRefine(({ type, value }, context) => {
    const kind = INDICATOR_TYPES[type]
    if (indicatorOf(kind, value) === null)
      context.addIssue({ code: 'custom', path: ['value'], message: INDICATOR_MEANS[kind] })
  })
type Args = z.infer<typeof argsSchema>

/** Asks VirusTotal what its engines say of an address, a name, a file or a URL. Uploads nothing. */
export function virustotalLookup(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'virustotal.lookup',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    effect: () => 'observe',
    title: ({ value }) => `Ask VirusTotal about ${value}`,
    target: ({ value }) => value,
    effectSentence: ({ value }) => `VirusTotal learns that somebody asks about ${value}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      const { kind, indicator } = asked(args)
      const value = isPrivate(kind, indicator)
        ? 'none: it is private'
        : `GET ${urlOf(args, serviceUrl('VIRUSTOTAL_BASE_URL'))}`
      return { rows: [{ key: 'Request', value }], bound: null }
    },
    async run(args, context) {
      const { kind, indicator } = asked(args)
      if (isPrivate(kind, indicator)) return PRIVATE
      const url = urlOf(args, serviceUrl('VIRUSTOTAL_BASE_URL'))
      const headers = { 'x-apikey': args.secret_api_key }
      const question = { who: 'VirusTotal', variable: 'VIRUSTOTAL_BASE_URL', url, headers }
      const answer = await askService(http, question, context)
      return answer === null ? NOT_KNOWN : kept(answer)
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

function asked({ type, value }: Args): { kind: IndicatorKind; indicator: string } {
  const kind = INDICATOR_TYPES[type]
  // The schema let it pass.
  return { kind, indicator: indicatorOf(kind, value) ?? '' }
}

/** A URL's id is its base64url without padding (VirusTotal's documentation, "URLs"). */
function urlOf(args: Args, base: string): string {
  const { kind, indicator } = asked(args)
  const id = kind === 'url' ? Buffer.from(indicator).toString('base64url') : encodeURIComponent(indicator)
  return `${base}/api/v3/${COLLECTIONS[kind]}/${id}`
}

function kept(answer: JsonObject): JsonValue {
  const data = objectOf(answer['data'])
  const attributes = objectOf(data['attributes'])
  const results = Object.values(objectOf(attributes['last_analysis_results'])).map(objectOf)
  const detections = results.filter(({ category }) => category === 'malicious' || category === 'suspicious')
  const found = detections.map((one) => pick(one, ['engine_name', 'category', 'result']))
  return bounded({
    data: { ...pick(data, ['id', 'type']), attributes: { ...pick(attributes, KEPT), detections: found } },
  })
}

function inspected(args: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('VirusTotal', result)
  if (unknown !== null) return unknown
  const attributes = objectOf(objectOf(objectOf(result)['data'])['attributes'])
  const { kind, indicator } = asked(args)
  const addresses = objectsOf(attributes['last_dns_records'])
    .filter(({ type }) => type === 'A' || type === 'AAAA')
    .map(({ value }) => addressOf(textOf(value)))
    .filter((address) => address !== null && !isPrivate('ip', address))
  return {
    summary: summaryOf(attributes),
    findings: [
      contentOf(kind, indicator, attributes),
      { type: 'result', content: pick(attributes, ['last_analysis_stats', 'reputation', 'tags', 'threat_names']) },
    ],
    attributes: kind === 'domain' ? newAttributes('ipaddr', 'VirusTotal DNS', addresses) : [],
  }
}

function summaryOf(attributes: JsonObject): string {
  const stats = objectOf(attributes['last_analysis_stats'])
  const counts = Object.values(stats).map((count) => numberOf(count) ?? 0)
  if (counts.length === 0) return 'Known to VirusTotal, not analysed'
  const all = counts.reduce((sum, count) => sum + count, 0)
  const bad = (numberOf(stats['malicious']) ?? 0) + (numberOf(stats['suspicious']) ?? 0)
  const name = textOf(objectOf(attributes['popular_threat_classification'])['suggested_threat_label'])
  return `${bad} of ${all} engines find it harmful${name === '' ? '' : `: ${name}`}`
}

function contentOf(kind: IndicatorKind, indicator: string, attributes: JsonObject): Content {
  const scans = objectsOf(attributes['detections']).map((one) =>
    told({ vendor: textOf(one['engine_name']), name: textOf(one['result']), positive: true, source: 'VirusTotal' }),
  )
  const timestamp = timeOf(attributes['last_analysis_date'])
  if (kind === 'file') {
    const malware = told({
      sha256: textOf(attributes['sha256']),
      timestamp: timestamp ?? '',
      scans,
      relation: 'itself',
    })
    const software = textsOf(attributes['meaningful_name'])
    return { type: 'binary', content: told({ related_malware: scans.length === 0 ? [] : [malware], software }) }
  }
  const registered = timeOf(attributes['creation_date']) ?? ''
  return {
    type: 'host',
    content: told({
      ipaddr: kind === 'ip' ? [indicator] : [],
      country: textsOf(attributes['country']),
      as_owner: textsOf(attributes['as_owner']),
      related_domains:
        kind === 'domain' ? [told({ name: indicator, timestamp: registered, source: 'VirusTotal' })] : [],
      related_urls: kind === 'url' ? [told({ url: indicator, timestamp: timestamp ?? '', source: 'VirusTotal' })] : [],
    }),
  }
}
