import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Content, Inspected } from '../../../shared/model/report.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import { HttpFailure } from '../http/http-failure.ts'
import { defineAction, type Action, type RunContext } from './action-definition.ts'
import { inspectedUnknown, NOT_KNOWN, PRIVATE, readService } from './inspect/ask-service.ts'
import { INDICATOR_MEANS, indicatorOf, isPrivate } from './inspect/indicator.ts'
import { keptRegistration, ownersOf, registrarOf, registeredAt } from './inspect/registration.ts'
import { objectOf, textOf, textsOf, told } from './inspect/reading.ts'
import type { ServiceUrl } from './service-url.ts'

const TIMEOUT_MS = 30_000

/** Registrations change within days. */
const KEEP_MS = 24 * 3_600_000

/** A pace of our own: registries answer 429 to who asks more than they like, and few of them say when that is. */
const RATE = { calls: 10, perMs: 10_000 }

/** From the bootstrap service to the registry, from there to the registrar or another region, and one to spare. */
const MAX_HOPS = 4

const MAX_ASN = 4_294_967_295

const TYPES = { ip: 'ip', ipaddr: 'ip', domain: 'domain', asn: 'asn' } as const

/** Path segments of RFC 9082 §3.1. */
const PATHS = { ip: 'ip', domain: 'domain', asn: 'autnum' } as const

const argsSchema = z
  .strictObject({
    type: z.enum(Object.keys(TYPES) as [keyof typeof TYPES]).describe('Kind of the value'),
    value: z.string().min(1).describe('Address, domain name or number of an autonomous system, with or without AS'),
  })
  .superRefine(({ type, value }, context) => {
    const kind = TYPES[type]
    if (askedValue(kind, value) !== null) return
    const message =
      kind === 'asn' ? `is no number of an autonomous system (AS0 to AS${MAX_ASN})` : INDICATOR_MEANS[kind]
    context.addIssue({ code: 'custom', path: ['value'], message })
  })
type Args = z.infer<typeof argsSchema>
type Kind = (typeof TYPES)[keyof typeof TYPES]

/** Asks the registries (RDAP, RFC 9083) who holds an address, a name or an autonomous system. */
export function rdapLookup(http: HttpPort, serviceUrl: ServiceUrl): Action {
  return defineAction<Args>({
    uses: 'rdap.lookup',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [1000, 3000],
    undo: null,
    effect: () => 'observe',
    title: ({ value }) => `Ask the registry about ${value}`,
    target: ({ value }) => value,
    effectSentence: ({ value }) =>
      `The registry, and the service that names it, learn that somebody asks about ${value}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      const value = isUnasked(args) ? 'none: it is private' : `GET ${urlOf(args, serviceUrl('RDAP_BASE_URL'))}`
      return { rows: [{ key: 'Request', value }], bound: null }
    },
    async run(args, context) {
      if (isUnasked(args)) return PRIVATE
      const answer = await follow(http, urlOf(args, serviceUrl('RDAP_BASE_URL')), context)
      const registration = readService({ who: 'The registry', variable: 'RDAP_BASE_URL' }, answer, context)
      return registration === null ? NOT_KNOWN : keptRegistration(registration)
    },
    lookup: { keepMs: KEEP_MS, rate: RATE, inspected },
  })
}

/** Registries are other hosts than the one that is asked first, so each hop is a request of its own. */
async function follow(http: HttpPort, first: string, context: RunContext): Promise<IncomingAnswer> {
  let url = first
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const answer = await http.send({
      method: 'GET',
      url,
      headers: { Accept: 'application/rdap+json, application/json' },
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      isRedirectFollowed: false,
    })
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer
    const next = URL.parse(answer.headers['location'] ?? '', url)
    if (next === null) throw redirected(`${new URL(url).host} redirects to something that is no address.`)
    url = next.href
  }
  throw redirected(`The registries redirect more than ${MAX_HOPS} times: check RDAP_BASE_URL.`)
}

function redirected(message: string): HttpFailure {
  return new HttpFailure('net_redirect', message, { hasLeft: true })
}

/** @returns the value as it stands in the path; null when it is no such thing */
function askedValue(kind: Kind, text: string): string | null {
  if (kind !== 'asn') return indicatorOf(kind, text)
  const [, digits = ''] = /^(?:AS)?(\d{1,10})$/i.exec(text) ?? []
  return digits === '' || Number(digits) > MAX_ASN ? null : String(Number(digits))
}

function asked({ type, value }: Args): { kind: Kind; indicator: string } {
  const kind = TYPES[type]
  // The schema let it pass.
  return { kind, indicator: askedValue(kind, value) ?? '' }
}

function isUnasked(args: Args): boolean {
  const { kind, indicator } = asked(args)
  return kind === 'asn' ? isReserved(Number(indicator)) : isPrivate(kind, indicator)
}

/** Numbers that nobody holds: RFC 7607, 6793, 5398, 6996, 7300. */
function isReserved(asn: number): boolean {
  return asn === 0 || asn === 23_456 || (asn >= 64_496 && asn <= 65_551) || asn >= 4_200_000_000
}

function urlOf(args: Args, base: string): string {
  const { kind, indicator } = asked(args)
  return `${base}/${PATHS[kind]}/${encodeURIComponent(indicator)}`
}

function inspected(args: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('the registry', result)
  if (unknown !== null) return unknown
  const registration = objectOf(result)
  return {
    summary: summaryOf(args, registration),
    findings: [contentOf(args, registration), { type: 'result', content: registration }],
    attributes: [],
  }
}

function contentOf(args: Args, registration: JsonObject): Content {
  const { kind, indicator } = asked(args)
  const timestamp = registeredAt(registration) ?? ''
  return {
    type: 'host',
    content: told({
      ipaddr: kind === 'ip' ? [indicator] : [],
      country: textsOf(registration['country']),
      as_owner: kind === 'domain' ? [] : ownersOf(registration),
      related_domains: kind === 'domain' ? [told({ name: indicator, timestamp, source: 'RDAP' })] : [],
    }),
  }
}

function summaryOf(args: Args, registration: JsonObject): string {
  const { kind } = asked(args)
  const by = kind === 'domain' ? registrarOf(registration) : (ownersOf(registration)[0] ?? '')
  const at = registeredAt(registration)?.slice(0, 10)
  const range = textOf(registration['startAddress'])
  const what = kind === 'ip' && range !== '' ? `${range} to ${textOf(registration['endAddress'])}, ` : ''
  const word = kind === 'domain' ? 'with' : 'by'
  return `${what}${at === undefined ? 'Registered on an unknown day' : `Registered ${at}`}${by === '' ? '' : ` ${word} ${by}`}`
}
