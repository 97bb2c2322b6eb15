import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import { defineAction, type Action } from './action-definition.ts'
import { inspectedUnknown, NOT_KNOWN, PRIVATE } from './inspect/ask-service.ts'
import { addressOf, domainOf, isPrivate } from './inspect/indicator.ts'
import { askNameServer, type NameServers, RECORDS, type RecordType } from './inspect/name-server.ts'
import { newAttributes, objectOf, textsOf, told } from './inspect/reading.ts'

const TIMEOUT_MS = 30_000

/** Names of attackers move within minutes. */
const KEEP_MS = 600_000

const DEFAULT_RECORDS: RecordType[] = ['A', 'AAAA', 'CNAME', 'MX', 'NS']

const argsSchema = z.strictObject({
  value: z
    .string()
    .refine((text) => addressOf(text) !== null || domainOf(text) !== null, 'is no IP address and no domain name')
    .describe('Domain name to resolve, or address whose name is looked for'),
  records: z
    .array(z.enum(RECORDS))
    .min(1)
    .optional()
    .describe('What to ask about a name; A, AAAA, CNAME, MX, NS unless told'),
})
type Args = z.infer<typeof argsSchema>

/** Resolves a domain name, or looks for an address's name. @param nameServers read at each attempt */
export function dnsLookup(nameServers: () => NameServers): Action {
  return defineAction<Args>({
    uses: 'dns.lookup',
    args: argsSchema,
    secretArgs: [],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [1000],
    undo: null,
    effect: () => 'observe',
    title: ({ value }) => `Resolve ${value}`,
    target: ({ value }) => value,
    effectSentence: ({ value }) =>
      `The name servers on the way, its owner's too, see that somebody asks for ${value}. Changes nothing there.`,
    isIdempotent: () => true,
    async plan(args) {
      const { name, records } = asked(args)
      const { servers } = nameServers()
      const value = isAsked(args, servers) ? `${records.join(', ')} of ${name}` : 'none: it is private'
      const row = { key: 'Name server', value: servers === null ? "the system's" : servers.join(', ') }
      return { rows: [{ key: 'Question', value }, row], bound: null }
    },
    async run(args, context) {
      const { servers } = nameServers()
      if (!isAsked(args, servers)) return PRIVATE
      const { name, records } = asked(args)
      const answers = await askNameServer(servers, { name, records }, context)
      return answers === null ? NOT_KNOWN : { name, records: answers }
    },
    lookup: { keepMs: KEEP_MS, rate: null, inspected },
  })
}

function asked({ value, records = DEFAULT_RECORDS }: Args): {
  name: string
  address: string | null
  records: RecordType[]
} {
  const address = addressOf(value)
  // The schema let it pass.
  const name = address ?? domainOf(value) ?? ''
  return { name, address, records: address === null ? [...new Set(records)] : ['PTR'] }
}

/** A name server that the user named may know his own network; the system's may send private names on to the Internet. */
function isAsked(args: Args, servers: NameServers['servers']): boolean {
  const { name, address } = asked(args)
  return servers !== null || !isPrivate(address === null ? 'domain' : 'ip', name)
}

function inspected(args: Args, result: JsonValue): Inspected {
  const unknown = inspectedUnknown('the name servers', result)
  if (unknown !== null) return unknown
  const records = objectOf(objectOf(result)['records'])
  const { name, address } = asked(args)
  const addresses = [...textsOf(records['A']), ...textsOf(records['AAAA'])].map(addressOf).filter((one) => one !== null)
  const names = textsOf(records['PTR'])
    .map(domainOf)
    .filter((one) => one !== null)
  const content = told({
    ipaddr: address === null ? addresses : [address],
    hostname: address === null ? [name] : names,
  })
  return {
    summary: summaryOf(records),
    findings: [
      { type: 'host', content },
      { type: 'result', content: records },
    ],
    attributes:
      address === null
        ? newAttributes(
            'ipaddr',
            'DNS',
            addresses.filter((one) => !isPrivate('ip', one)),
          )
        : newAttributes(
            'domain',
            'reverse DNS',
            names.filter((one) => !isPrivate('domain', one)),
          ),
  }
}

/** The first records of what matters most. */
function summaryOf(records: JsonObject): string {
  for (const type of ['A', 'AAAA', 'PTR', 'CNAME', 'MX', 'NS', 'TXT', 'SOA']) {
    const texts = textsOf(records[type])
    if (texts.length === 0) continue
    const more = texts.length > 3 ? ` and ${texts.length - 3} more` : ''
    return `${type}: ${texts.slice(0, 3).join(', ')}${more}`
  }
  return 'The name exists and has none of these records'
}
