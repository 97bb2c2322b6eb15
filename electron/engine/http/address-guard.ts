import { lookup, type LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import type { LookupFunction } from 'node:net'
import { HttpFailure } from './http-failure.ts'
import { isPublic, parseAddress, type NetAllow } from './net-allow.ts'

const resolveName = promisify(lookup)

/** Where a connection is meant to go, as in the URL. */
export interface Destination {
  protocol: string
  /** As in `URL.hostname`: an IPv6 address may stand in brackets. */
  hostname: string
  port: string
}

/**
 * Keeps actions from calling the machine itself, its network or a cloud's metadata service. Literal addresses are checked
 * before each request (Node never resolves them), names when they are resolved: all their addresses must pass, and the
 * connection goes to exactly those, so that a second answer of the name server changes nothing.
 */
export class AddressGuard {
  readonly #allow: NetAllow
  readonly #isPlainAllowed: boolean

  /** @param isPlainAllowed whether `http:` may go to any public address (only `http.fetch`), else to allowed ones only */
  constructor(allow: NetAllow, isPlainAllowed: boolean) {
    this.#allow = allow
    this.#isPlainAllowed = isPlainAllowed
  }

  /** @throws HttpFailure `net_refused_address`, `net_plain_http` when the host is a literal address that may not be called */
  checkLiteral(destination: Destination): void {
    if (parseAddress(destination.hostname) !== null) this.#check(destination.hostname, destination)
  }

  /** For `net.connect`: resolves a name and hands out addresses that were all checked. */
  lookupFor(destination: Destination): LookupFunction {
    return (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        const refusal = error ?? this.#refusal(addresses, destination)
        const [first] = addresses ?? []
        if (refusal !== null || first === undefined) callback(refusal ?? notFound(hostname), [])
        else if (options.all === true) callback(null, addresses)
        else callback(null, first.address, first.family)
      })
    }
  }

  /**
   * Behind a proxy, which would resolve a name once more and by a name server of its own: refuses a name that is private as
   * far as this machine can see. With https the certificate proves the name wherever the proxy goes, and many proxies know
   * names only; without it the proxy is given the address that was checked.
   * @returns the address to ask the proxy for; null for the name itself
   * @throws HttpFailure `net_refused_address`, `net_plain_http`
   */
  async checkName(destination: Destination): Promise<string | null> {
    const addresses = await resolveName(destination.hostname, { all: true }).catch(() => [])
    const refusal = this.#refusal(addresses, destination)
    if (refusal !== null) throw refusal
    if (destination.protocol !== 'http:' || this.#allow.lists(destination.hostname, destination.port)) return null
    const [first] = addresses
    if (first === undefined) throw this.#isPlainAllowed ? unchecked(destination) : plainRefused(destination)
    return first.address
  }

  #refusal(addresses: LookupAddress[], destination: Destination): HttpFailure | null {
    try {
      for (const { address } of addresses) this.#check(address, destination)
      return null
    } catch (error) {
      if (error instanceof HttpFailure) return error
      throw error
    }
  }

  #check(text: string, destination: Destination): void {
    const address = parseAddress(text)
    if (address !== null && this.#allow.allows(address, destination.hostname, destination.port)) return
    if (address === null || !isPublic(address)) {
      const { hostname } = destination
      const shown = address?.toString() ?? text
      const named = shown === hostname ? hostname : `${hostname} is ${shown}, which`
      throw new HttpFailure(
        'net_refused_address',
        `${named} is not a public address: actions may call it only when TOCSIN_NET_ALLOW or Settings allows it.`,
      )
    }
    if (destination.protocol === 'http:' && !this.#isPlainAllowed) throw plainRefused(destination)
  }
}

function plainRefused({ hostname }: Destination): HttpFailure {
  return new HttpFailure(
    'net_plain_http',
    `${hostname} must be called by https: without encryption only addresses that TOCSIN_NET_ALLOW or Settings allows.`,
  )
}

function unchecked({ hostname }: Destination): HttpFailure {
  return new HttpFailure(
    'net_refused_address',
    `${hostname} cannot be resolved on this machine, so that nobody knows where the proxy would go: call it by https, or allow the name by TOCSIN_NET_ALLOW or in Settings.`,
  )
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
}
