import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { ReceiverState } from '../../../shared/model/views.ts'
import type { Delivery } from '../intake/delivery.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import type { PolicyPort } from '../intake/policy-port.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import type { Store } from '../store/store.ts'
import { LOOPBACK, readAddress } from './address.ts'
import type { ReportPort } from './api.ts'
import { sendRaw } from './answer.ts'
import { isAuthzPresent } from './authz.ts'
import { Backoff } from './backoff.ts'
import { Connections } from './connections.ts'
import { serve, type ExchangeDeps } from './exchange.ts'
import { isForwarded } from './forwarded.ts'
import { Gauge } from './gauge.ts'
import { DEFAULT_LIMITS, type ReceiverLimits } from './limits.ts'
import { RefusalCounter } from './refusal-counter.ts'
import type { ReadPort } from './reading.ts'
import { SourceGate } from './source-gate.ts'
import { refusal, type Refusal } from './refusal.ts'
import { SnsDoor, type SnsDeps } from './sns.ts'

/** Whence refused requests came that a proxy handed on. */
const PROXY = 'proxy'

export interface ReceiverDeps {
  /** `127.0.0.1:8080` */
  address: string
  /** Names of tunnels whose `Host` is admitted on `/alert/`. */
  allowHosts: readonly string[]
  /** Asked for every request: the setting may change. */
  maxBodyBytes: () => number
  receive: (delivery: Delivery) => Promise<IntakeAnswer>
  /** Whether a text has the value of a known secret in it: such headers and query parameters are not stored. */
  isSecret: (text: string) => boolean
  /** Amazon SNS: its topics that are listed, and the way to its certificates. */
  sns: Pick<SnsDeps, 'topics' | 'get' | 'onProblem'>
  policy: PolicyPort
  /** `input.env` of `authz`: real values. */
  authzEnv: () => Promise<Record<string, string>>
  /** Who may send, and where it is noted that they did, or were refused. */
  store: Pick<Store, 'sources' | 'problems' | 'writer'>
  /** GraphQL, where what is stored can be read. */
  reads?: ReadPort
  /** Reports, where DeepAlert's API answers. */
  api?: ReportPort
  /** Told after refused requests were counted, once a second at most. */
  onRefusals: () => void
  onState: (state: ReceiverState) => void
  clock: Clock
  ids: Ids
  log: Log
  /** At which level a line is written for every request that is taken: 4 µs each where it is written (`info`). */
  requestLevel?: 'info' | 'debug'
  limits?: Partial<ReceiverLimits>
}

/** The HTTP door: binds 127.0.0.1, takes events, and has no other power than to hand them on. */
export class Receiver {
  readonly #deps: ReceiverDeps
  readonly #limits: ReceiverLimits
  readonly #sources: SourceGate
  readonly #refusals: RefusalCounter
  readonly #exchange: ExchangeDeps
  readonly #answering = new WeakMap<Socket, ServerResponse>()
  #server: Server | null = null
  #connections = new Connections(DEFAULT_LIMITS)
  #port = 0
  #state: ReceiverState

  constructor(deps: ReceiverDeps) {
    const limits = { ...DEFAULT_LIMITS, ...deps.limits }
    this.#deps = deps
    this.#limits = limits
    this.#sources = new SourceGate(deps.store, deps.clock)
    this.#refusals = new RefusalCounter(deps.clock, deps.log, async (counts) => {
      await this.#sources.store(counts)
      deps.onRefusals()
    })
    this.#state = { state: 'stopped', url: null, address: deps.address, message: 'The receiver is not started' }
    const backoff = new Backoff(deps.clock)
    this.#exchange = {
      rules: () => ({
        port: this.#port,
        allowHosts: deps.allowHosts,
        maxBodyBytes: deps.maxBodyBytes(),
        verify: (token) => this.#sources.verify(token),
        isReader: (token) => deps.reads?.access.isToken(token) ?? false,
        isTokenRequired: this.#sources.isTokenRequired(),
        handshakes: this.#sources.handshakes(),
        isAuthzPresent: isAuthzPresent(deps.policy),
        backoff,
      }),
      gauge: new Gauge(limits.requests, limits.requestBytes),
      authz: { policy: deps.policy, env: deps.authzEnv, clock: deps.clock, ids: deps.ids, log: deps.log },
      sns: new SnsDoor({ ...deps.sns, store: deps.store, clock: deps.clock, log: deps.log }),
      reads: deps.reads ?? null,
      api: deps.api ?? null,
      receive: deps.receive,
      isSecret: deps.isSecret,
      refused: () => {},
      log: deps.log,
    }
  }

  state(): ReceiverState {
    return this.#state
  }

  /** A token that only this process knows, for what it sends to itself (the sample alert). It ends with the process. */
  ownToken(): string {
    return this.#sources.ownToken
  }

  /** Listens. A taken port is a state, not an exception: the desk shows it with a choice, and no other port is tried. */
  async start(): Promise<ReceiverState> {
    const { address } = this.#state
    this.#tell('starting', 'The receiver is starting')
    try {
      const port = readAddress(address)
      const server = this.#createServer()
      await listen(server, port)
      assertLoopback(server)
      // Such as no file handle being left for the next connection: that one is lost, the receiver is not.
      server.on('error', (error) => this.#deps.log.error('The receiver failed', { reason: errorMessage(error) }))
      this.#server = server
      this.#port = (server.address() as AddressInfo).port
      return this.#tell('listening', `Listening on ${LOOPBACK}:${this.#port}`)
    } catch (error) {
      return this.#failed(address, error)
    }
  }

  /** Takes nothing more, waits for the requests that are being answered, and closes. */
  async stop(): Promise<void> {
    await this.#close()
    await this.#refusals.flush()
    this.#tell('stopped', 'The receiver is stopped')
  }

  /** Listens again. @param address another address, or null for the same */
  async retry(address: string | null): Promise<ReceiverState> {
    await this.#close()
    this.#state = { ...this.#state, address: address ?? this.#state.address }
    return this.start()
  }

  #createServer(): Server {
    const { headerBytes, requestMs, keepAliveMs, idleMs, checkMs } = this.#limits
    const server = createServer({
      maxHeaderSize: headerBytes,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkMs,
      // A missing Host is refused by our own guard, with a body that says why.
      requireHostHeader: false,
    })
    server.setTimeout(idleMs)
    const connections = new Connections(this.#limits)
    this.#connections = connections
    server.on('connection', (socket: Socket) => connections.add(socket))
    server.on('request', (request, response) => this.#serve(request, response, false))
    server.on('checkContinue', (request, response) => this.#serve(request, response, true))
    server.on('checkExpectation', (request, response) => this.#serve(request, response, false))
    server.on('connect', (request, socket) => this.#refuseRaw(socket as Socket, malformed(request.method ?? '')))
    server.on('clientError', (error, socket) => this.#refuseRaw(socket as Socket, clientErrorRefusal(error)))
    return server
  }

  #serve(request: IncomingMessage, response: ServerResponse, isContinueExpected: boolean): void {
    const { socket } = request
    const requestId = this.#deps.ids.uuid()
    const remote = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`
    const about = { method: request.method ?? '', path: pathOf(request.url ?? ''), remote, request_id: requestId }
    let isRefused = false
    this.#answering.set(socket, response)
    this.#connections.track(request, response)
    const refused = ({ code, status }: Refusal, sourceId: string): void => {
      isRefused = true
      this.#refusals.count({ sourceId, code, remote: originOf(request) }, { ...about, status })
    }
    void serve({ request, response, requestId, isContinueExpected }, { ...this.#exchange, refused }).then(() => {
      // A refused one has its own line, of which there are not too many.
      if (!isRefused)
        this.#deps.log[this.#deps.requestLevel ?? 'info']('request', { ...about, status: response.statusCode })
    })
  }

  #refuseRaw(socket: Socket, refused: Refusal | null): void {
    if (!refused || !socket.writable || this.#answering.get(socket)?.headersSent === true) {
      socket.destroy()
      return
    }
    const requestId = this.#deps.ids.uuid()
    const remote = socket.remoteAddress ?? ''
    this.#refusals.count(
      { sourceId: '', code: refused.code, remote },
      { request_id: requestId, status: refused.status },
    )
    sendRaw(socket, requestId, refused)
  }

  async #close(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (!server) return
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    this.#connections.drain()
    await promise
  }

  #failed(address: string, error: unknown): ReceiverState {
    if (errorCode(error) === 'EADDRINUSE') {
      return this.#tell(
        'port_taken',
        `Another program has ${address}: close it and retry, or choose another port here and in your senders`,
      )
    }
    return this.#tell('failed', `The receiver could not listen on ${address}: ${errorMessage(error)}`)
  }

  #tell(state: ReceiverState['state'], message: string): ReceiverState {
    const url = state === 'listening' ? `http://${LOOPBACK}:${this.#port}` : null
    this.#state = { state, url, address: this.#state.address, message }
    this.#deps.onState(this.#state)
    return this.#state
  }
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

/** What the operating system really bound decides, not what was asked for. */
function assertLoopback(server: Server): void {
  const bound = server.address()
  if (bound !== null && typeof bound !== 'string' && bound.address === LOOPBACK) return
  server.close()
  throw new TocsinError('address_not_loopback', 'The system bound another address than 127.0.0.1: nothing is received')
}

/** @returns null where nobody is there to read an answer */
function clientErrorRefusal(error: NodeJS.ErrnoException): Refusal | null {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return null
    case 'HPE_HEADER_OVERFLOW':
      return refusal(431, 'headers_too_large', 'headers refused: they are larger than 8 KiB')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusal(413, 'too_large', 'body refused: its chunk extensions are too large')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal(408, 'timeout', 'cut: the request was not complete in time')
    case undefined:
    default:
      return malformed('not HTTP/1.1')
  }
}

function malformed(what: string): Refusal {
  return refusal(400, 'malformed_request', `malformed request: ${what || 'not HTTP/1.1'} is not taken here`)
}

/** The sender's port changes with every connection, and what a proxy says of who is behind it is anybody's word. */
function originOf({ socket, rawHeaders }: IncomingMessage): string {
  return isForwarded(rawHeaders) ? PROXY : (socket.remoteAddress ?? '')
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? ''
}
