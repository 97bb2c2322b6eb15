import { Resolver } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { errorCode, TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { RunContext } from '../action-definition.ts'
import { textsOf } from './reading.ts'

export const RECORDS = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SOA', 'PTR'] as const
export type RecordType = (typeof RECORDS)[number]

export interface NameServers {
  /** Addresses, `address:port` or `[address]:port`; null: those of the system. */
  servers: string[] | null
}

/** One try at one server; c-ares doubles it with each further one. */
const TRY_MS = 2000
const TRIES = 2

/**
 * @param text `TOCSIN_DNS_SERVER`: addresses of name servers with or without port, separated by commas; '' for the system's
 * @throws TocsinError `bad_dns_server`
 */
export function nameServersOf(text: string): NameServers {
  const servers = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const wrong = servers.find((server) => !isServer(server))
  if (wrong === undefined) return { servers: servers.length === 0 ? null : servers }
  throw new TocsinError(
    'bad_dns_server',
    `TOCSIN_DNS_SERVER has "${wrong}", which is no name server: write an address, address:port or [address]:port.`,
  )
}

function isServer(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return true
  const [, v4 = '', v6 = '', port = ''] = /^(?:([\d.]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/.exec(text) ?? []
  return (ipaddr.IPv4.isValidFourPartDecimal(v4) || ipaddr.IPv6.isValid(v6)) && Number(port) < 65_536
}

/**
 * Asks for records of a name, or for the names of an address (`PTR`).
 * @returns texts by type (`MX` as "10 mail.example.com"), an empty list where there is none of a type; null where there is
 * no such name
 * @throws HttpFailure `net_dns` where no name server gave an answer; TocsinError `stopped`, `timed_out`
 */
export async function askNameServer(
  servers: NameServers['servers'],
  { name, records }: { name: string; records: readonly RecordType[] },
  context: Pick<RunContext, 'signal' | 'check'>,
): Promise<JsonObject | null> {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES })
  if (servers !== null) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  context.signal.addEventListener('abort', cancel)
  try {
    const answers = await Promise.all(records.map((type) => ask(resolver, name, type)))
    if (answers.every((texts) => texts === null)) return null
    return Object.fromEntries(records.map((type, index) => [type, answers[index] ?? []]))
  } catch (error) {
    context.check()
    throw error
  } finally {
    context.signal.removeEventListener('abort', cancel)
  }
}

/** @returns null where there is no such name */
async function ask(resolver: Resolver, name: string, type: RecordType): Promise<string[] | null> {
  try {
    return textsOf(await resolve(resolver, name, type))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENODATA') return []
    if (code === 'ENOTFOUND') return null
    const [, sentence] = FAILURES.find(([pattern]) => pattern.test(code)) ?? [
      null,
      'The name server gave no answer that can be read',
    ]
    throw new HttpFailure('net_dns', `${sentence} (${code}, ${type} of ${name}).`, { hasLeft: false, cause: error })
  }
}

const FAILURES: [RegExp, string][] = [
  [/^(ETIMEOUT|ECONNREFUSED)$/, 'No name server answers: check the network and TOCSIN_DNS_SERVER'],
  [/^EREFUSED$/, 'The name server refuses to answer: set TOCSIN_DNS_SERVER to one that may be asked'],
  [/^ESERVFAIL$/, 'The name server could not find out'],
]

async function resolve(resolver: Resolver, name: string, type: RecordType): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    case 'NS':
      return resolver.resolveNs(name)
    case 'PTR':
      return ipaddr.isValid(name) ? resolver.reverse(name) : resolver.resolvePtr(name)
    case 'TXT':
      // Node hands each byte over as a character.
      return (await resolver.resolveTxt(name)).map((pieces) => Buffer.from(pieces.join(''), 'latin1').toString('utf8'))
    case 'MX':
      return (await resolver.resolveMx(name))
        .toSorted((one, other) => one.priority - other.priority)
        .map(({ priority, exchange }) => `${priority} ${exchange}`)
    case 'SOA': {
      const { nsname, hostmaster, serial } = await resolver.resolveSoa(name)
      return [`${nsname} ${hostmaster} ${serial}`]
    }
  }
}
