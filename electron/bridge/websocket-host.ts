import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { timingSafeEqual } from 'node:crypto'
import { WebSocketServer } from 'ws'
import { errorCode, TocsinError } from '../../shared/errors.ts'
import type { TopicListener } from '../engine/news/bus.ts'
import type { Log } from '../engine/ports/ports.ts'
import { Connections } from '../engine/receiver/connections.ts'
import { MAX_ARGUMENT_BYTES } from './argument.ts'
import { Router, type CallTarget } from './router.ts'
import { readBundleFile } from './static-files.ts'
import { DeskTokens } from './tokens.ts'
import { WebsocketConnection } from './websocket-connection.ts'

/** Bound, linked and compared as this; never the name `localhost`, which may resolve elsewhere. */
const ADDRESS = '127.0.0.1'

/** Tabs of one person. */
const MAX_PAGES = 32
/** Sockets that have not said hello; a page says it in its first turn, so the oldest of more is none. */
const MAX_STRANGERS = 32
/** Connections without a WebSocket: the page's files over a few, and then none. Those beyond last as long as the grace. */
const PLAIN_CONNECTIONS = { connections: 32, graceMs: 250 }

/** The production policy of `app://desk` with one difference: the page's socket goes to its own origin. */
export const BROWSER_HOST_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; " +
  "require-trusted-types-for 'script'"

const HEADERS = {
  'Content-Security-Policy': BROWSER_HOST_CSP,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

export interface WebsocketHostOptions {
  /** Folder of the built page. */
  rendererDir: string
  target: CallTarget
  /** Subscribes to the engine's topics. */
  onTopic: (listener: TopicListener) => () => void
  log: Log
  /** What a local program must show (from a 0600 file) to get a fresh link; null gives none. */
  linkSecret: string | null
  /** Opens this desk, for a terminal: a page that is refused shows it. */
  command: string
}

/** The desk in a browser: the page under the production CSP, the bridge over a WebSocket, loopback only. */
export class WebsocketHost {
  readonly #options: WebsocketHostOptions
  readonly #tokens = new DeskTokens()
  readonly #connections = new Set<WebsocketConnection>()
  readonly #server: Server
  readonly #plain = new Connections(PLAIN_CONNECTIONS)
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_ARGUMENT_BYTES + 4096 })
  #router: Router | null = null
  #host = ''
  #unsubscribe: (() => void) | null = null

  constructor(options: WebsocketHostOptions) {
    this.#options = options
    this.#server = createServer(
      { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 },
      (request, response) => {
        this.#plain.track(request, response)
        void this.#onRequest(request, response)
      },
    )
    this.#server.on('connection', (socket: Socket) => this.#plain.add(socket))
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
  }

  /**
   * @param wantedPort 0 takes a free one
   * @throws TocsinError `desk_port_taken`, `desk_failed`; it may be started on another port then
   */
  async start(wantedPort: number): Promise<void> {
    await listen(this.#server, wantedPort)
    const { port } = this.#server.address() as AddressInfo // a TCP server that listens
    this.#host = `${ADDRESS}:${port}`
    const { target, log, onTopic } = this.#options
    this.#router = new Router({
      origin: this.origin(),
      target,
      onRefused: (code, _sender, name) => log.warn('desk call refused', { code, name }),
    })
    this.#unsubscribe = onTopic((topic, payload) => {
      for (const connection of this.#connections) connection.tell(topic, payload)
    })
  }

  origin(): string {
    return `http://${this.#host}`
  }

  /** @returns an address that opens the desk once, within fifteen minutes */
  link(): string {
    return `${this.origin()}/#token=${this.#tokens.issueLink()}`
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    for (const socket of this.#sockets.clients) socket.terminate()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!hasOneHost(request, this.#host)) return answer(response, 403)
    if (request.url === '/link' && request.method === 'POST') return this.#onLink(request, response)
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405)
    const file = await readBundleFile(this.#options.rendererDir, request.url ?? '')
    if (file === null) return answer(response, 404)
    response.writeHead(200, { ...HEADERS, 'Content-Type': file.type, 'Content-Length': file.body.length })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  }

  /** For `tocsin desk` on a running folder: whoever can read the 0600 file gets a fresh link. */
  #onLink(request: IncomingMessage, response: ServerResponse): void {
    const { linkSecret } = this.#options
    const isBrowser = Object.keys(request.headers).some((name) => name === 'origin' || name.startsWith('sec-fetch-'))
    if (isBrowser || linkSecret === null || !isSame(request.headers.authorization, `Bearer ${linkSecret}`)) {
      return answer(response, 403)
    }
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ url: this.link() }))
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const router = this.#router
    const origin = this.origin()
    const isOurs = request.url === '/bridge' && hasOneHost(request, this.#host) && request.headers.origin === origin
    if (!isOurs || router === null || !this.#hasRoom()) {
      this.#options.log.warn('desk socket refused')
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.#plain.release(request.socket)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { log, command } = this.#options
      const tokens = this.#tokens
      const connection = new WebsocketConnection({ socket: webSocket, origin, router, tokens, log, command })
      this.#connections.add(connection)
      webSocket.on('close', () => this.#connections.delete(connection))
    })
  }

  /** Whether one more socket is taken: strangers give way to each other and never take the place of a page. */
  #hasRoom(): boolean {
    const strangers = [...this.#connections].filter((connection) => !connection.isAdmitted)
    const [oldest] = strangers
    if (oldest && strangers.length >= MAX_STRANGERS) {
      this.#connections.delete(oldest)
      oldest.giveWay()
    }
    return this.#connections.size - strangers.length < MAX_PAGES
  }
}

/** Exactly one `Host` header, exactly ours: what stops a page whose name was rebound to this address. */
function hasOneHost(request: IncomingMessage, host: string): boolean {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return hosts.length === 1 && request.headers.host === host
}

function isSame(given: string | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { ...HEADERS, 'Content-Length': 0, Connection: 'close' })
  response.end()
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)))
    server.listen(port, ADDRESS, resolve)
  })
}

function listenError(error: Error, port: number): TocsinError {
  if (errorCode(error) === 'EADDRINUSE') {
    const message = `Port ${port} of the desk is taken by another program. Name another one, or none for any free one.`
    return new TocsinError('desk_port_taken', message, { cause: error })
  }
  return new TocsinError('desk_failed', `The desk cannot listen on ${ADDRESS}:${port}: ${error.message}`, {
    cause: error,
  })
}
