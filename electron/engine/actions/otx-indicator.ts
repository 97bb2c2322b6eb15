import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { HttpPort } from '../http/http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { answerValue, statusFailure } from './http-answer.ts'
import { addressOf, domainOf, isPrivate } from './inspect/indicator.ts'
import { newAttributes, numberOf, objectOf, objectsOf, textOf, textsOf, timeOf, told } from './inspect/reading.ts'
import type { ServiceUrl } from './service-url.ts'

/** What a policy may write, and what OTX wants: AlertChain's documentation has the address types in lower case, its code does not. */
const TYPES: Record<string, string> = {
  IPv4: 'IPv4',
  IPv6: 'IPv6',
  ipv4: 'IPv4',
  ipv6: 'IPv6',
  domain: 'domain',
  hostname: 'hostname',
  file: 'file',
  url: 'url',
}

const SECTIONS = ['general', 'reputation', 'geo', 'malware', 'url_list', 'passive_dns', 'http_scans'] as const

const TIMEOUT_MS = 30_000

/** Pulses come and go within hours. */
const KEEP_MS = 6 * 3_600_000

/** OTX's documentation, "External API": 10,000 requests an hour with a key. */
const RATE = { calls: 10_000, perMs: 3_600_000 }

/** In AlertChain's order of checks; a URL's parser takes `.` and `..` out of a path however they are escaped. */
const argsSchema = z.strictObject({
  secret_api_key: z.string().min(1).describe('Key of the OTX account'),
  type: z
    .string()
    .pipe(z.enum(Object.keys(TYPES)))
    .describe('Kind of the indicator'),
  indicator: z
    .string()
    .min(1)
    .refine((text) => !/^\.{1,2}$/.test(text), 'is no indicator')
    .describe('Address, name, URL or hash to ask about, as it is: it is escaped for the address'),
  section: z.string().pipe(z.enum(SECTIONS)).describe('What to ask about it'),
})
type Args = z.infer<typeof argsSchema>

/** Asks AlienVault's Open Threat Exchange about an indicator. */
export function otxIndicator(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'otx.indicator',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    effect: () => 'observe',
    title: ({ indicator }) => `Ask OTX about ${indicator}`,
    target: ({ indicator }) => indicator,
    effectSentence: ({ indicator }) => `OTX learns that somebody asks about ${indicator}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      return { rows: [{ key: 'Request', value: `GET ${urlOf(args, serviceUrl('OTX_BASE_URL'))}` }], bound: null }
    },
    async run(args, context) {
      const answer = await http.send({
        method: 'GET',
        url: urlOf(args, serviceUrl('OTX_BASE_URL')),
        headers: { Accept: 'application/json', 'X-OTX-API-KEY': args.secret_api_key },
        timeoutMs: context.remainingMs(),
        signal: context.signal,
        secrets: context.secrets,
      })
      if (answer.status !== 200) throw statusFailure('OTX', answer)
      const result = answerValue({ ...answer, headers: { 'content-type': 'application/json' } })
      if (result !== null) return result
      throw new TocsinError('bad_answer', 'OTX answered with nothing: check OTX_BASE_URL.')
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

function urlOf({ type, indicator, section }: Args, base: string): string {
  return `${base}/api/v1/indicators/${TYPES[type]}/${encodeURIComponent(indicator)}/${section}`
}

/** Each section has some of the fields; what is not there is not told. */
function inspected({ type, indicator }: Args, result: JsonValue): Inspected {
  const answer = objectOf(result)
  const pulses = objectOf(answer['pulse_info'])
  const count = numberOf(pulses['count'])
  const newest = textOf(objectsOf(pulses['pulses'])[0]?.['name'])
  const records = objectsOf(answer['passive_dns'])
  const summary = count === null ? '' : `${count} pulses${newest === '' ? '' : `, the first is “${newest}”`}`
  return {
    summary,
    findings: [hostOrBinary(TYPES[type] ?? '', indicator, answer), { type: 'result', content: pulseNames(pulses) }],
    attributes: TYPES[type]?.startsWith('IP') === true ? newNames(records) : newAddresses(records),
  }
}

function hostOrBinary(type: string, indicator: string, answer: JsonObject): Inspected['findings'][number] {
  const malware = objectsOf(answer['data']).map((one) =>
    told({ sha256: textOf(one['hash']), timestamp: timeOf(one['datetime_int']) ?? '', relation: 'seen with it' }),
  )
  if (type === 'file') return { type: 'binary', content: told({ related_malware: malware }) }
  const source = 'OTX'
  return {
    type: 'host',
    content: told({
      ipaddr: type.startsWith('IP') ? [indicator] : [],
      country: textsOf(answer['country_code']),
      as_owner: textsOf(answer['asn']),
      related_domains: objectsOf(answer['passive_dns']).map((one) =>
        told({ name: textOf(one['hostname']), timestamp: timeOf(one['last']) ?? '', source }),
      ),
      related_urls: objectsOf(answer['url_list']).map((one) =>
        told({ url: textOf(one['url']), timestamp: timeOf(one['date']) ?? '', source }),
      ),
      related_malware: malware,
    }),
  }
}

function pulseNames(pulses: JsonObject): JsonObject {
  const names = objectsOf(pulses['pulses']).map(({ name }) => textOf(name))
  return { count: numberOf(pulses['count']), names: names.filter((name) => name !== '') }
}

function newNames(records: readonly JsonObject[]): Inspected['attributes'] {
  return newAttributes(
    'domain',
    'OTX passive DNS',
    records.map(({ hostname }) => domainOf(textOf(hostname))),
  )
}

function newAddresses(records: readonly JsonObject[]): Inspected['attributes'] {
  const addresses = records.map(({ address }) => addressOf(textOf(address)))
  return newAttributes(
    'ipaddr',
    'OTX passive DNS',
    addresses.filter((one) => one !== null && !isPrivate('ip', one)),
  )
}
