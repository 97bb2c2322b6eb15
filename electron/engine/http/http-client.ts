import type { Dispatcher } from 'undici'
import { MAX_ANSWER_BYTES } from './answer-limit.ts'
import { openDispatcher, type GuardedDispatcher, type NetSettings } from './dispatchers.ts'
import { HttpFailure } from './http-failure.ts'
import { readAnswer } from './read-answer.ts'
import type { IncomingAnswer, OutgoingRequest, Progress } from './request.ts'
import { defaultPort, parseUrl } from './request-url.ts'

/** Enough for a trailing slash and a moved API; more is a loop. */
const MAX_REDIRECTS = 5

/** Of a body that nobody reads, this much is drained to keep the connection. */
const DRAIN_BYTES = 64 * 1024

interface Hop {
  method: string
  url: URL
  headers: Record<string, string>
  body: string | Uint8Array | undefined
}

/** Everything of a request that needs undici; `HttpPort` loads this file with the first one. */
export class HttpClient {
  readonly #settings: () => NetSettings
  readonly #open = new Map<string, GuardedDispatcher>()

  /** @param settings read at each request */
  constructor(settings: () => NetSettings) {
    this.#settings = settings
  }

  /**
   * Sends, follows redirects on the same host, and reads the answer.
   * @param progress told how far the request got
   * @throws HttpFailure and whatever undici throws
   */
  async follow(request: OutgoingRequest, progress: Progress, signal: AbortSignal): Promise<IncomingAnswer> {
    const dispatcher = this.#dispatcher(request.isPlainAllowed === true)
    let hop: Hop = {
      method: request.method,
      url: parseUrl(request.url),
      headers: request.headers ?? {},
      body: request.body,
    }
    for (let count = 0; ; count += 1) {
      checkSecretHosts(request.secrets ?? [], hop.url)
      const answer = await dispatch(dispatcher, hop, progress, signal)
      const location = answer.headers.location
      const isFollowed = request.isRedirectFollowed !== false && isRedirect(answer.statusCode)
      if (!isFollowed || typeof location !== 'string') {
        return await readAnswer(answer, hop.method, request.maxBytes ?? MAX_ANSWER_BYTES)
      }
      await answer.body.dump({ limit: DRAIN_BYTES, signal })
      if (count === MAX_REDIRECTS) {
        throw new HttpFailure('net_redirect', `${hop.url.host} redirects more than ${MAX_REDIRECTS} times.`, progress)
      }
      hop = nextHop(hop, location, answer.statusCode, progress)
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(({ dispatcher }) => dispatcher.destroy()))
  }

  /** One pool of connections per state of the settings; a change leaves running requests to finish on the old one. */
  #dispatcher(isPlainAllowed: boolean): GuardedDispatcher {
    const settings = this.#settings()
    const key = JSON.stringify([settings, isPlainAllowed])
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const opened = openDispatcher(settings, isPlainAllowed)
    for (const [oldKey, old] of this.#open) {
      if (oldKey === JSON.stringify([settings, !isPlainAllowed])) continue
      this.#open.delete(oldKey)
      void old.dispatcher.close()
    }
    this.#open.set(key, opened)
    return opened
  }
}

async function dispatch(
  { dispatcher, guard, isProxied }: GuardedDispatcher,
  hop: Hop,
  progress: Progress,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  signal.throwIfAborted()
  const destination = {
    protocol: hop.url.protocol,
    hostname: hop.url.hostname,
    port: hop.url.port === '' ? defaultPort(hop.url.protocol) : hop.url.port,
  }
  guard.checkLiteral(destination)
  const address = isProxied ? await guard.checkName(destination) : null
  const answer = await dispatcher.compose(noteStart(progress)).request({
    ...(address === null ? { origin: hop.url.origin, headers: hop.headers } : atAddress(hop, address)),
    path: hop.url.pathname + hop.url.search,
    method: hop.method,
    body: hop.body ?? null,
    signal,
  })
  progress.status = answer.statusCode
  return answer
}

/** The proxy connects to the address that was checked; the server still hears the name. */
function atAddress({ url, headers }: Hop, address: string): { origin: string; headers: Record<string, string> } {
  const host = address.includes(':') ? `[${address}]` : address
  const port = url.port === '' ? '' : `:${url.port}`
  return { origin: `${url.protocol}//${host}${port}`, headers: { ...headers, host: url.host } }
}

/** undici calls `onRequestStart` right before it writes to a connected socket: until then nothing has left. */
function noteStart(progress: Progress): Dispatcher.DispatcherComposeInterceptor {
  return (next) => (options, handler) =>
    next(options, {
      onRequestStart: (controller, context: unknown) => {
        progress.hasLeft = true
        handler.onRequestStart?.(controller, context)
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    })
}

function nextHop(hop: Hop, location: string, status: number, progress: Progress): Hop {
  const url = URL.parse(location, hop.url)
  if (url === null || !isSameHost(hop.url, url)) {
    throw new HttpFailure(
      'net_redirect',
      `${hop.url.host} redirects to ${url?.host ?? 'something that is no address'}: redirects to other hosts are not followed. If that is the right address, call it directly.`,
      progress,
    )
  }
  const isGetNow = status === 303 ? hop.method !== 'HEAD' : status <= 302 && hop.method === 'POST'
  progress.status = null
  if (!isGetNow) {
    // The first address did not take the request: what counts is whether the next one gets it.
    progress.hasLeft = false
    return { ...hop, url }
  }
  const headers = Object.entries(hop.headers).filter(([name]) => !name.toLowerCase().startsWith('content-'))
  return { method: 'GET', url, headers: Object.fromEntries(headers), body: undefined }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** The same host and port, or the step from http to https on their own ports. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return to.username === '' && to.password === ''
  return (
    from.hostname === to.hostname &&
    from.protocol === 'http:' &&
    to.protocol === 'https:' &&
    from.port === '' &&
    to.port === ''
  )
}

function checkSecretHosts(secrets: readonly { name: string; hosts: readonly string[] }[], url: URL): void {
  for (const { name, hosts } of secrets) {
    if (hosts.length === 0 || hosts.some((host) => isHostMatch(host.toLowerCase(), url))) continue
    throw new HttpFailure(
      'secret_host_refused',
      `The secret ${name} may not be sent to ${url.host}: its hosts are ${hosts.join(', ')}.`,
    )
  }
}

/** `api.example.com` on any port, `api.example.com:8443` on that one, `*.example.com` for names below it. */
function isHostMatch(pattern: string, url: URL): boolean {
  if (pattern.startsWith('*.')) return url.hostname.endsWith(pattern.slice(1))
  return (
    pattern === url.hostname || pattern === `${url.hostname}:${url.port === '' ? defaultPort(url.protocol) : url.port}`
  )
}
