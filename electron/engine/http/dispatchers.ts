import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { AddressGuard } from './address-guard.ts'
import { NetAllow } from './net-allow.ts'
import { defaultPort } from './request-url.ts'

export interface NetSettings {
  /** Entries of `TOCSIN_NET_ALLOW` and of the setting `net.allow`. */
  allow: string[]
  /** `http://proxy.example:3128`, or empty. */
  proxy: string
  /** Path of a PEM file with further certificate authorities, or empty. */
  caFile: string
}

/** A dispatcher and the guard that its requests pass. */
export interface GuardedDispatcher {
  dispatcher: Dispatcher
  guard: AddressGuard
  isProxied: boolean
}

/** Total time is the caller's; this is how long one address may take to accept before the next is tried. */
const CONNECT_TIMEOUT_MS = 10_000

/** More than one host needs at once; further requests wait, within their own time-out. */
const CONNECTIONS_PER_HOST = 32

const LIMITS = { headersTimeout: 0, bodyTimeout: 0, connections: CONNECTIONS_PER_HOST, allowH2: false } as const

/**
 * Makes the connections for one state of the settings. Certificates are always verified, whatever the process's environment
 * says.
 * @throws TocsinError `bad_net_allow`, `bad_ca_file`, `bad_proxy`
 */
export function openDispatcher(settings: NetSettings, isPlainAllowed: boolean): GuardedDispatcher {
  const guard = new AddressGuard(new NetAllow(settings.allow), isPlainAllowed)
  const tls = { rejectUnauthorized: true, ...authorities(settings.caFile) }
  if (settings.proxy !== '') return { dispatcher: openProxy(settings.proxy, tls), guard, isProxied: true }
  const connect: buildConnector.connector = (options, callback) => {
    const { protocol, hostname } = options
    const destination = { protocol, hostname, port: options.port === '' ? defaultPort(protocol) : options.port }
    try {
      guard.checkLiteral(destination)
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null)
      return
    }
    const lookup = guard.lookupFor(destination)
    buildConnector({ ...tls, allowH2: false, timeout: CONNECT_TIMEOUT_MS, lookup })(options, callback)
  }
  return { dispatcher: new Agent({ ...LIMITS, connect }), guard, isProxied: false }
}

function openProxy(uri: string, tls: { rejectUnauthorized: boolean; ca?: string[] }): Dispatcher {
  try {
    return new ProxyAgent({ ...LIMITS, uri, requestTls: tls, proxyTls: tls, proxyTunnel: true })
  } catch (error) {
    throw new TocsinError(
      'bad_proxy',
      `The proxy in Settings cannot be used (${errorMessage(error)}): write http://host:port.`,
      { cause: error },
    )
  }
}

function authorities(caFile: string): { ca?: string[] } {
  if (caFile === '') return {}
  try {
    return { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] }
  } catch (error) {
    throw new TocsinError(
      'bad_ca_file',
      `The CA file ${caFile} cannot be read (${errorMessage(error)}): correct it in Settings.`,
      { cause: error },
    )
  }
}
