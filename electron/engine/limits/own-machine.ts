import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { hostname, networkInterfaces, userInfo } from 'node:os'
import ipaddr from 'ipaddr.js'
import type { Protection } from './protected-targets.ts'

/** What a machine says of itself and of the network around it. */
export interface Machine {
  hostname: string
  /** '' where the system knows no name for the user id */
  user: string
  /** Without the loopback's */
  interfaces: readonly { name: string; address: string; cidr: string | null }[]
  /** Addresses, with a port where it is another one than 53 */
  nameServers: readonly string[]
  /** Texts of the files, '' where there is none (they are Linux's) */
  resolvConf: string
  hosts: string
  routes: string
  routes6: string
}

/** Reads this machine as it is now: interfaces come and go. */
export function thisMachine(): Machine {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all.filter(({ internal }) => !internal).map(({ address, cidr }) => ({ name, address, cidr })),
  )
  return {
    hostname: hostname(),
    user: userName(),
    interfaces,
    nameServers: getServers(),
    // systemd's resolver stands between: it has the servers that it asks in a file of its own.
    resolvConf: `${textOf('/etc/resolv.conf')}\n${textOf('/run/systemd/resolve/resolv.conf')}`,
    hosts: textOf('/etc/hosts'),
    routes: textOf('/proc/net/route'),
    routes6: textOf('/proc/net/ipv6_route'),
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const LOOPBACK: readonly Protection[] = [
  { value: '127.0.0.0/8', why: 'loopback' },
  { value: '::1', why: 'loopback' },
  { value: 'localhost', why: 'loopback' },
  { value: '*.localhost', why: 'loopback' },
]

/**
 * What is protected without anybody listing it: what this desk needs to be reached, to reach others, and to take back what
 * it did.
 */
export function builtInProtections(machine: Machine): Protection[] {
  const found = [
    ...LOOPBACK,
    ...ownNames(machine),
    ...ownAddresses(machine),
    ...resolvers(machine),
    ...gateways(machine),
  ]
  const seen = new Set<string>()
  return found.filter(({ value }) => value !== '' && !seen.has(value) && seen.add(value))
}

function ownNames({ hostname: name, user, hosts, resolvConf }: Machine): Protection[] {
  const [short = ''] = name.split('.')
  const lines = wordsOfLines(hosts.replaceAll(/#.*/g, ''))
  const aliases = lines
    .filter(([, ...names]) => names.includes(name) || names.includes(short))
    .flatMap(([, ...names]) => names)
  const domains = wordsOfLines(resolvConf).flatMap(([word, ...rest]) =>
    word === 'search' || word === 'domain' ? rest : [],
  )
  const full = ['local', ...domains].filter((domain) => domain !== '.').map((domain) => `${short}.${domain}`)
  const names = [name, short, ...aliases, ...(short === '' ? [] : full)]
  const hostsOfDesk = names.map((value): Protection => ({ value, why: 'the host that this desk runs on' }))
  return [...hostsOfDesk, { value: user, why: 'the user that this desk runs as', kind: 'user' }]
}

function ownAddresses({ interfaces }: Machine): Protection[] {
  return interfaces.flatMap(({ name, address, cidr }): Protection[] => [
    { value: address, why: `an address of this computer (${name})` },
    ...(cidr === null ? [] : [network(cidr, name)]),
  ])
}

function network(cidr: string, name: string): Protection {
  const [address, bits] = ipaddr.parseCIDR(cidr)
  const first =
    address instanceof ipaddr.IPv4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr)
  return {
    value: `${first.toString()}/${bits}`,
    why: `the network that this computer is in (${name})`,
    kind: 'network',
  }
}

function resolvers({ nameServers, resolvConf }: Machine): Protection[] {
  const listed = wordsOfLines(resolvConf).flatMap(([word, address = '']) => (word === 'nameserver' ? [address] : []))
  return [...nameServers, ...listed].map((value) => ({ value, why: 'a name server that this computer asks' }))
}

/** The gateways of default routes, as Linux's kernel lists them: addresses in hexadecimal, IPv4's in its own byte order. */
function gateways({ routes, routes6 }: Machine): Protection[] {
  const v4 = wordsOfLines(routes)
    .filter(([, to, , , , , , mask]) => to === '00000000' && mask === '00000000')
    .map(([, , gateway = '']) => gateway.match(/../g)?.toReversed() ?? [])
    .map((bytes) => bytes.map((byte) => Number.parseInt(byte, 16)).join('.'))
  const v6 = wordsOfLines(routes6)
    .filter(([to, bits]) => bits === '00' && /^0+$/.test(to ?? ''))
    .map(([, , , , gateway = '']) => gateway.match(/.{4}/g)?.join(':') ?? '')
    .map((text) => (ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toString() : ''))
  const known = [...v4, ...v6].filter((address) => ipaddr.isValid(address) && address !== '0.0.0.0' && address !== '::')
  return known.map((value) => ({ value, why: 'the gateway of this computer' }))
}

function wordsOfLines(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s+/))
}
