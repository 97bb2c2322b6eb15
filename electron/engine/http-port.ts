import { STATUS_CODES } from 'node:http'
import type { Dispatcher } from 'undici'
import { unpack, type Unreadable } from './http/answer-encoding.ts'
import { MAX_ANSWER_BYTES } from './http/answer-limit.ts'
import { defaultPort, openDispatcher, type GuardedDispatcher, type NetSettings } from './http/dispatchers.ts'
import { HttpFailure, toHttpFailure } from './http/http-failure.ts'
import { NetAllow } from './http/net-allow.ts'
import type { Clock } from './ports.ts'

export interface OutgoingRequest {
  method: string
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** For everything together: connecting, redirects, the whole answer. */
  timeoutMs: number
  /** Whether `http:` may go to any public address. Only `http.fetch` says so. */
  isPlainAllowed?: boolean
  /** False hands back a redirect as the answer. */
  isRedirectFollowed?: boolean
  /** The longest answer that is read; `MAX_ANSWER_BYTES` unless given. */
  maxBytes?: number
  /** Secrets that are in the request, and the hosts each may go to (empty: any): checked before every hop. */
  secrets?: readonly { name: string; hosts: readonly string[] }[]
  signal?: AbortSignal
}

export interface IncomingAnswer {
  status: number
  /** `404 Not Found`. */
  statusText: string
  /** Names in lower case; repeated ones joined by `, `. */
  headers: Record<string, string>
  body: Buffer
}

export interface HttpPortParts {
  settings: () => { 'net.allow': string[]; 'net.proxy': string; 'net.caFile': string }
  /** The process variables at start: `TOCSIN_NET_ALLOW` adds to the setting. */
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

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

/** How far a request got; kept by reference, because a failure may come at any point. */
interface Progress {
  hasLeft: boolean
  status: number | null
}

/**
 * The only way out: every action's requests pass here. It bounds time and size, refuses private addresses and redirects to
 * other hosts, verifies certificates, and says for every failure whether the request had left.
 */
export class HttpPort {
  readonly #parts: HttpPortParts
  readonly #open = new Map<string, GuardedDispatcher>()

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
      return await this.#follow(request, progress, signal)
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
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map(({ dispatcher }) => dispatcher.destroy()))
  }

  async #follow(request: OutgoingRequest, progress: Progress, signal: AbortSignal): Promise<IncomingAnswer> {
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

  #allowed(): string[] {
    return [...(this.#parts.env.TOCSIN_NET_ALLOW ?? '').split(','), ...this.#parts.settings()['net.allow']]
  }

  /** One pool of connections per state of the settings; a change leaves running requests to finish on the old one. */
  #dispatcher(isPlainAllowed: boolean): GuardedDispatcher {
    const read = this.#parts.settings()
    const settings: NetSettings = {
      allow: this.#allowed(),
      proxy: read['net.proxy'],
      caFile: read['net.caFile'],
    }
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

async function readAnswer(answer: Dispatcher.ResponseData, method: string, maxBytes: number): Promise<IncomingAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  const declared = method === 'HEAD' ? 0 : Number(answer.headers['content-length'] ?? 0)
  // A body stream without an encoding yields buffers.
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (Math.max(size, declared) > maxBytes) throw tooLarge(answer.statusCode, maxBytes)
    chunks.push(chunk)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const status = answer.statusCode
  const statusText = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  const { 'content-encoding': encodings = '', ...rest } = headers
  const packed = Buffer.concat(chunks)
  if (encodings.trim() === '' || packed.length === 0) return { status, statusText, headers, body: packed }
  const unpacked = await unpack(packed, encodings, maxBytes)
  if ('failure' in unpacked) throw unreadable(unpacked.failure, encodings, status, maxBytes)
  return { status, statusText, headers: rest, body: unpacked.body }
}

function unreadable(failure: Unreadable, encodings: string, status: number, maxBytes: number): HttpFailure {
  if (failure === 'too_large') return tooLarge(status, maxBytes)
  const shown = JSON.stringify(encodings.slice(0, 100))
  const what =
    failure === 'broken'
      ? `says that it is packed as ${shown} and is not`
      : `is packed as ${shown}: gzip, deflate, br and zstd can be read`
  return new HttpFailure('net_bad_answer', `The answer ${what}.`, { hasLeft: true, status })
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

/** A message never shows more of a URL than its host: the rest may hold a secret. */
function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw new HttpFailure('net_bad_url', 'The url is not a URL: write https://host/path.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new HttpFailure('net_bad_url', `The url begins with ${url.protocol} but only https: and http: can be called.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpFailure('net_bad_url', 'The url holds a user name or a password: use the argument auth.')
  }
  return url
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

function timedOut(timeoutMs: number, progress: Progress): HttpFailure {
  const what = progress.hasLeft ? 'The request has left, and no complete answer came' : 'No connection was made'
  return new HttpFailure('net_timeout', `${what} within ${timeoutMs / 1000} s.`, progress)
}

function tooLarge(status: number, maxBytes: number): HttpFailure {
  return new HttpFailure('net_too_large', `The answer is larger than ${maxBytes / 1024 / 1024} MiB.`, {
    hasLeft: true,
    status,
  })
}
