import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { HttpPort } from '../http/http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { askService, inspectedUnknown, NOT_KNOWN, PRIVATE } from './inspect/ask-service.ts'
import { addressOf, domainOf, INDICATOR_MEANS, isPrivate } from './inspect/indicator.ts'
import { bounded, newAttributes, objectOf, objectsOf, pick, textOf, textsOf, timeOf, told } from './inspect/reading.ts'
import type { ServiceUrl } from './service-url.ts'

const TIMEOUT_MS = 30_000

/** Shodan looks at a host about once a week. */
const KEEP_MS = 24 * 3_600_000

/** Shodan's documentation of its API: one request a second. */
const RATE = { calls: 1, perMs: 1000 }

/** What is kept of the answer; of each service, what it is and not what it said. */
const KEPT = [
  'ip_str',
  'country_code',
  'country_name',
  'city',
  'org',
  'isp',
  'asn',
  'os',
  'ports',
  'hostnames',
  'domains',
  'tags',
  'last_update',
]
const KEPT_OF_SERVICE = ['port', 'transport', 'product', 'version', 'timestamp', 'cpe']

const argsSchema = z.strictObject({
  secret_api_key: z.string().min(1).describe('Key of the Shodan account'),
  ip: z
    .string()
    .refine((text) => addressOf(text) !== null, INDICATOR_MEANS.ip)
    .describe('Address to ask about'),
})
type Args = z.infer<typeof argsSchema>

/** Asks Shodan which services it saw at an address. Has nothing scanned. */
export function shodanHost(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'shodan.host',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [1000, 2000],
    undo: null,
    effect: () => 'observe',
    title: ({ ip }) => `Ask Shodan about ${ip}`,
    target: ({ ip }) => ip,
    effectSentence: ({ ip }) => `Shodan learns that somebody asks about ${ip}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      const { address, isAsked } = asked(args)
      const value = isAsked ? `GET ${urlOf(address, serviceUrl('SHODAN_BASE_URL'))}` : 'none: it is private'
      return { rows: [{ key: 'Request', value }], bound: null }
    },
    async run(args, context) {
      const { address, isAsked } = asked(args)
      if (!isAsked) return PRIVATE
      // Shodan takes the key in the query only.
      const query = new URLSearchParams({ key: args.secret_api_key })
      const url = `${urlOf(address, serviceUrl('SHODAN_BASE_URL'))}?${query.toString()}`
      const answer = await askService(http, { who: 'Shodan', variable: 'SHODAN_BASE_URL', url }, context)
      return answer === null ? NOT_KNOWN : kept(answer)
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

function asked({ ip }: Args): { address: string; isAsked: boolean } {
  // The schema let it pass.
  const address = addressOf(ip) ?? ''
  return { address, isAsked: !isPrivate('ip', address) }
}

function urlOf(address: string, base: string): string {
  return `${base}/shodan/host/${encodeURIComponent(address)}`
}

function kept(answer: JsonObject): JsonValue {
  const services = objectsOf(answer['data']).map((one) => pick(one, KEPT_OF_SERVICE))
  return bounded({ ...pick(answer, KEPT), vulns: vulnerabilities(answer), services })
}

/** A list in the answer's head, an object by name in its services. */
function vulnerabilities(answer: JsonObject): string[] {
  const named = objectsOf(answer['data']).flatMap(({ vulns }) => Object.keys(objectOf(vulns)))
  return textsOf([...textsOf(answer['vulns']), ...named])
}

function inspected(args: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('Shodan', result)
  if (unknown !== null) return unknown
  const answer = objectOf(result)
  const names = textsOf(answer['hostnames']).map(domainOf)
  const hostname = names.filter((name) => name !== null)
  const owner = textsOf(answer['org'])
  const content = told({
    ipaddr: [asked(args).address],
    country: textsOf(answer['country_code']),
    as_owner: owner.length > 0 ? owner : textsOf(answer['isp']),
    hostname,
    os: textsOf(answer['os']),
    software: objectsOf(answer['services'])
      .filter(({ product }) => textOf(product) !== '')
      .map(softwareOf),
  })
  return {
    summary: summaryOf(answer),
    findings: [
      { type: 'host', content },
      { type: 'result', content: pick(answer, ['ports', 'vulns', 'tags', 'asn', 'last_update']) },
    ],
    attributes: newAttributes('domain', 'Shodan hostnames', hostname),
  }
}

function softwareOf(service: JsonObject): { name?: string; location?: string; last_seen?: string } {
  const port = service['port']
  const transport = textOf(service['transport']) || 'tcp'
  return told({
    name: `${textOf(service['product'])} ${textOf(service['version'])}`.trim(),
    location: typeof port === 'number' ? `${transport}/${port}` : '',
    last_seen: timeOf(service['timestamp']) ?? '',
  })
}

function summaryOf(answer: JsonObject): string {
  const ports = Array.isArray(answer['ports']) ? answer['ports'].filter((port) => typeof port === 'number') : []
  const vulns = textsOf(answer['vulns'])
  const open = ports.length === 0 ? 'Shodan names no open port' : `Open: ${ports.slice(0, 10).join(', ')}`
  const more = ports.length > 10 ? ` and ${ports.length - 10} more` : ''
  return `${open}${more}${vulns.length === 0 ? '' : `; ${vulns.length} known vulnerabilities`}`
}
