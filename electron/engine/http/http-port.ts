import type { NetSettings } from './dispatchers.ts'
import type { HttpClient } from './http-client.ts'
import { HttpFailure, toHttpFailure } from './http-failure.ts'
import { NetAllow } from './net-allow.ts'
import type { IncomingAnswer, OutgoingRequest, Progress } from './request.ts'
import { defaultPort, parseUrl } from './request-url.ts'
import type { Clock } from '../ports/ports.ts'

export type { IncomingAnswer, OutgoingRequest } from './request.ts'

export interface HttpPortParts {
  settings: () => { 'net.allow': string[]; 'net.proxy': string; 'net.caFile': string }
  /** The process variables at start: `TOCSIN_NET_ALLOW` adds to the setting. */
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

/**
 * The only way out: every action's requests pass here. It bounds time and size, refuses private addresses and redirects to
 * other hosts, verifies certificates, and says for every failure whether the request had left. The client behind it is loaded
 * with the first request: most commands send none.
 */
export class HttpPort {
  readonly #parts: HttpPortParts
  #client: Promise<HttpClient> | undefined

  constructor(parts: HttpPortParts) {
    this.#parts = parts
  }

  /**
   * Sends and reads the whole answer, whatever its status.
   * @throws HttpFailure `net_*`, `secret_host_refused`, `stopped` (by the caller's signal), `bad_net_allow`, `bad_ca_file`, `bad_proxy`
   */
  async send(request: OutgoingRequest): Promise<IncomingAnswer> {
    const progress: Progress = { hasLeft: false, status: null }
    const timer = new AbortController()
    const cancel = this.#parts.clock.after(request.timeoutMs, () => timer.abort())
    const signal = request.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, request.signal])
    try {
      const client = await this.#loaded()
      return await client.follow(request, progress, signal)
    } catch (error) {
      if (request.signal?.aborted === true) throw new HttpFailure('stopped', 'The action was stopped.', progress)
      if (timer.signal.aborted) throw timedOut(request.timeoutMs, progress)
      throw toHttpFailure(error, progress)
    } finally {
      cancel()
    }
  }

  /**
   * Whether the user allows this address by name (`TOCSIN_NET_ALLOW`, setting), so that it counts as his own service.
   * @throws HttpFailure `net_bad_url`, TocsinError `bad_net_allow`
   */
  isListed(url: string): boolean {
    const { protocol, hostname, port } = parseUrl(url)
    return new NetAllow(this.#allowed()).lists(hostname, port === '' ? defaultPort(protocol) : port)
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await (await this.#client)?.close()
  }

  #loaded(): Promise<HttpClient> {
    this.#client ??= import('./http-client.ts').then(({ HttpClient }) => new HttpClient(() => this.#netSettings()))
    return this.#client
  }

  #netSettings(): NetSettings {
    const { 'net.proxy': proxy, 'net.caFile': caFile } = this.#parts.settings()
    return { allow: this.#allowed(), proxy, caFile }
  }

  #allowed(): string[] {
    return [...(this.#parts.env.TOCSIN_NET_ALLOW ?? '').split(','), ...this.#parts.settings()['net.allow']]
  }
}

function timedOut(timeoutMs: number, progress: Progress): HttpFailure {
  const what = progress.hasLeft ? 'The request has left, and no complete answer came' : 'No connection was made'
  return new HttpFailure('net_timeout', `${what} within ${timeoutMs / 1000} s.`, progress)
}
