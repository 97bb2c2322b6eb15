import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { HttpPort } from '../http/http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { askService, inspectedUnknown, NOT_KNOWN, PRIVATE } from './inspect/ask-service.ts'
import { addressOf, domainOf, INDICATOR_MEANS, indicatorOf, isPrivate } from './inspect/indicator.ts'
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
const KEEP_MS = 6 * 3_600_000

/** urlscan's documentation, "API Rate Limits": 30 searches a minute without a key; who has one may have more. */
const RATE = { calls: 30, perMs: 60_000 }

/** Of the scans that fit, the newest. */
const MAX_SCANS = 20

const TYPES = { ip: 'ip', ipaddr: 'ip', domain: 'domain', url: 'url' } as const

/** Where urlscan's search looks for each kind (its documentation, "Search API Reference"). */
const FIELDS = { ip: 'page.ip', domain: 'page.domain', url: 'page.url' } as const

const KEPT_OF_PAGE = ['url', 'domain', 'ip', 'asn', 'asnname', 'country', 'server', 'title', 'status', 'ptr']
const KEPT_OF_TASK = ['time', 'url', 'visibility', 'tags']

const argsSchema = z
  .strictObject({
    secret_api_key: z.string().min(1).optional().describe('Key of the urlscan.io account'),
    type: z.enum(Object.keys(TYPES) as [keyof typeof TYPES]).describe('Kind of the indicator'),
    value: z.string().min(1).describe('Address, name or URL to ask about'),
  })
  .superRefine(({ type, value }, context) => {
    if (indicatorOf(TYPES[type], value) === null)
      context.addIssue({ code: 'custom', path: ['value'], message: INDICATOR_MEANS[TYPES[type]] })
  })
type Args = z.infer<typeof argsSchema>

/** Searches the pages that others had urlscan.io look at. Has nothing scanned. */
export function urlscanSearch(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'urlscan.search',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    effect: () => 'observe',
    title: ({ value }) => `Ask urlscan.io about ${value}`,
    target: ({ value }) => value,
    effectSentence: ({ value }) => `urlscan.io learns that somebody asks about ${value}. Nothing is scanned.`,
    isIdempotent: () => true,
    async plan(args) {
      const { kind, indicator } = asked(args)
      const value = isPrivate(kind, indicator)
        ? 'none: it is private'
        : `GET ${urlOf(args, serviceUrl('URLSCAN_BASE_URL'))}`
      return { rows: [{ key: 'Request', value }], bound: null }
    },
    async run(args, context) {
      const { kind, indicator } = asked(args)
      if (isPrivate(kind, indicator)) return PRIVATE
      const key = args.secret_api_key
      const question = {
        who: 'urlscan.io',
        variable: 'URLSCAN_BASE_URL',
        url: urlOf(args, serviceUrl('URLSCAN_BASE_URL')),
        headers: key === undefined ? {} : { 'API-Key': key },
      }
      const answer = await askService(http, question, context)
      return answer === null || objectsOf(answer['results']).length === 0 ? NOT_KNOWN : kept(answer)
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

function asked({ type, value }: Args): { kind: 'ip' | 'domain' | 'url'; indicator: string } {
  const kind = TYPES[type]
  // The schema let it pass.
  return { kind, indicator: indicatorOf(kind, value) ?? '' }
}

/** The value is one phrase in quotes: nothing in it is read as an operator, a field or a wildcard. */
function urlOf(args: Args, base: string): string {
  const { kind, indicator } = asked(args)
  const phrase = `"${indicator.replace(/["\\]/g, String.raw`\$&`)}"`
  const query = new URLSearchParams({ q: `${FIELDS[kind]}:${phrase}`, size: String(MAX_SCANS) })
  return `${base}/api/v1/search/?${query.toString()}`
}

function kept(answer: JsonObject): JsonValue {
  const results = objectsOf(answer['results'])
    .slice(0, MAX_SCANS)
    .map((one) => ({
      page: pick(objectOf(one['page']), KEPT_OF_PAGE),
      task: pick(objectOf(one['task']), KEPT_OF_TASK),
      verdicts: pick(objectOf(one['verdicts']), ['score', 'malicious']),
      ...pick(one, ['_id', 'result']),
    }))
  return bounded({ ...pick(answer, ['total', 'has_more']), results })
}

function inspected(args: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('urlscan.io', result)
  if (unknown !== null) return unknown
  const { kind, indicator } = asked(args)
  const scans = objectsOf(objectOf(result)['results'])
  const pages = scans.map(({ page }) => objectOf(page))
  const related_urls = scans.map((scan) =>
    told({
      url: textOf(objectOf(scan['page'])['url']),
      reference: textOf(scan['result']),
      timestamp: timeOf(objectOf(scan['task'])['time']) ?? '',
      source: 'urlscan.io',
    }),
  )
  const texts = (name: string): string[] => textsOf(pages.map((page) => textOf(page[name])))
  // Of an address the owner is one thing; the pages of a name may have stood with many.
  const ofAddress = kind === 'ip' ? { country: texts('country'), as_owner: texts('asnname') } : {}
  const content = told({ ipaddr: kind === 'ip' ? [indicator] : texts('ip'), ...ofAddress, related_urls })
  return {
    summary: summaryOf(objectOf(result), scans),
    findings: [
      { type: 'host', content },
      { type: 'result', content: { total: numberOf(objectOf(result)['total']), malicious: maliciousOf(scans) } },
    ],
    attributes: kind === 'ip' ? newNames(texts('domain')) : newAddresses(texts('ip')),
  }
}

function summaryOf(answer: JsonObject, scans: readonly JsonObject[]): string {
  if (scans.length === 0) return 'urlscan.io names no scan'
  const total = numberOf(answer['total']) ?? scans.length
  const malicious = maliciousOf(scans) ?? 0
  const last = timeOf(objectOf(scans[0]?.['task'])['time'])?.slice(0, 10)
  const when = last === undefined ? '' : `, the newest of ${last}`
  return `${total} scans${when}${malicious === 0 ? '' : `; ${malicious} of the newest ${scans.length} malicious`}`
}

/** How many were found malicious; null where no scan says (a search tells verdicts to some accounts only). */
function maliciousOf(scans: readonly JsonObject[]): number | null {
  const said = scans.map(({ verdicts }) => objectOf(verdicts)['malicious']).filter((one) => typeof one === 'boolean')
  return said.length === 0 ? null : said.filter((isMalicious) => isMalicious).length
}

function newNames(names: readonly string[]): Inspected['attributes'] {
  return newAttributes('domain', 'urlscan.io pages', names.map(domainOf))
}

function newAddresses(texts: readonly string[]): Inspected['attributes'] {
  const addresses = texts.map(addressOf).filter((one) => one !== null && !isPrivate('ip', one))
  return newAttributes('ipaddr', 'urlscan.io pages', addresses)
}
