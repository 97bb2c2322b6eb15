import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A request as it arrived, whole. */
export interface Received {
  method: string
  /** Without the query. */
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  body: string
}

export interface Reply {
  status?: number
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** Checks a request as the real service would, and answers it. */
export type Service = (call: Received) => Reply

/** What stands for the path of a request by which nothing can be told apart. */
export type NameOf = (call: Received) => string

/** What the remote does with one request, after it was counted. */
export type Step =
  | ({ do: 'answer' } & Reply)
  /** Answers by the service. */
  | { do: 'serve' }
  /** The service takes it, and the connection breaks before its answer. */
  | { do: 'serve-and-reset' }
  /** Answers by the service when the test calls `release()`; until then the sender waits. */
  | { do: 'hold' }
  /** Breaks the connection before or after the request's body was read. Only the latter is counted. */
  | { do: 'reset'; when: 'before-body' | 'after-body' }
  /** Announces twice as much as it sends, then breaks the connection. */
  | { do: 'half-body'; body: string; status?: number }
  /** Sends one byte at a time, as often as the sender listens. */
  | { do: 'drip' }
  /** Answers with so many bytes, announced or not. */
  | { do: 'huge'; bytes: number; isAnnounced: boolean }
  | { do: 'redirect'; to: string; status?: number }

const TLS_FOLDER = join(import.meta.dirname, 'tls')

/** The authority that signed the fake's certificate (`localhost`, `127.0.0.1`). */
export const FAKE_CA_FILE = join(TLS_FOLDER, 'ca.pem')

/** A real HTTP server on loopback that counts what reached it and fails on demand. */
export class FakeRemote {
  readonly calls: Received[] = []
  readonly #server: Server
  readonly #protocol: 'http' | 'https'
  readonly #service: Service
  readonly #nameOf: NameOf | null
  readonly #scripts = new Map<string, Step[]>()
  readonly #held: (() => void)[] = []
  readonly #waiting: { count: number; resolve: () => void }[] = []

  private constructor(server: Server, protocol: 'http' | 'https', service: Service, nameOf: NameOf | null) {
    this.#service = service
    this.#nameOf = nameOf
    this.#server = server
    this.#protocol = protocol
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  /**
   * @param options `service` answers what no script says, after it was counted; without it every answer is 200 `{}`.
   * `nameOf` gives requests a path by what is in them, where all go to one
   */
  static async start(options: { tls?: boolean; service?: Service; nameOf?: NameOf } = {}): Promise<FakeRemote> {
    const isTls = options.tls === true
    const pem = (name: string): Buffer => readFileSync(join(TLS_FOLDER, name))
    const server = isTls
      ? createTlsServer({ key: pem('server-key.pem'), cert: pem('server.pem') })
      : createServer({ keepAliveTimeout: 60_000 })
    const remote = new FakeRemote(
      server,
      isTls ? 'https' : 'http',
      options.service ?? (() => ({})),
      options.nameOf ?? null,
    )
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return remote
  }

  get port(): number {
    // It listens on TCP, so the address is no string.
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#protocol}://127.0.0.1:${this.port}`
  }

  /** The steps for a path, or for one method of it (`PUT /path`), one per request; the last one repeats. */
  on(path: string, ...steps: Step[]): void {
    this.#scripts.set(path, steps)
  }

  /** How often a path, or one method of it, was called; with a key, only with it as `Idempotency-Key` or as `?key=`. */
  count(path: string, key?: string): number {
    return this.calls.filter((call) => isAt(call, path) && (key === undefined || keyOf(call) === key)).length
  }

  /** Resolves when this many requests were counted in all. */
  async reached(count: number): Promise<void> {
    if (this.calls.length >= count) return
    await new Promise<void>((resolve) => {
      this.#waiting.push({ count, resolve })
    })
  }

  /** Lets every held request be answered. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer()
  }

  async close(): Promise<void> {
    this.release()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const method = request.method ?? ''
    const step: Step = this.#nameOf === null ? this.#next(method, url.pathname) : { do: 'serve' }
    if (step.do === 'reset' && step.when === 'before-body') {
      request.socket.destroy()
      return
    }
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    } catch {
      return
    }
    const call: Received = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks).toString(),
    }
    if (this.#nameOf !== null) call.path = this.#nameOf(call)
    this.calls.push(call)
    this.#handle(call, this.#nameOf === null ? step : this.#next(method, call.path), response)
    for (const waiting of this.#waiting) if (this.calls.length >= waiting.count) waiting.resolve()
  }

  #next(method: string, path: string): Step {
    const steps = this.#scripts.get(`${method} ${path}`) ?? this.#scripts.get(path) ?? []
    const step = steps.length > 1 ? steps.shift() : steps[0]
    return step ?? { do: 'serve' }
  }

  #handle(call: Received, step: Step, response: ServerResponse): void {
    switch (step.do) {
      case 'serve':
        this.#handle(call, { do: 'answer', ...this.#service(call) }, response)
        return
      case 'serve-and-reset':
        this.#service(call)
        response.socket?.destroy()
        return
      case 'answer':
        response.writeHead(step.status ?? 200, { 'content-type': 'application/json', ...step.headers })
        response.end(call.method === 'HEAD' ? undefined : (step.body ?? '{}'))
        return
      case 'hold':
        this.#held.push(() => this.#handle(call, { do: 'serve' }, response))
        return
      case 'reset':
        response.socket?.destroy()
        return
      case 'half-body':
        response.writeHead(step.status ?? 200, { 'content-length': step.body.length * 2 })
        response.write(step.body, () => response.socket?.destroy())
        return
      case 'drip':
        response.writeHead(200, { 'content-type': 'text/plain' })
        drip(response)
        return
      case 'huge':
        response.writeHead(200, step.isAnnounced ? { 'content-length': step.bytes } : {})
        flood(response, step.bytes)
        return
      case 'redirect':
        response.writeHead(step.status ?? 302, { location: step.to }).end('moved')
    }
  }
}

/** @param path a path, or a method and a path */
export function isAt(call: Pick<Received, 'method' | 'path'>, path: string): boolean {
  return path === call.path || path === `${call.method} ${call.path}`
}

function keyOf(call: Received): string | null {
  return call.headers['idempotency-key'] ?? call.query.get('key')
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('.'), 5)
  response.on('close', () => clearInterval(timer))
}

function flood(response: ServerResponse, bytes: number): void {
  const block = Buffer.alloc(64 * 1024, 'x')
  let left = bytes
  const write = (): void => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, block.length)
      left -= size
      if (!response.write(block.subarray(0, size))) {
        response.once('drain', write)
        return
      }
    }
    response.end()
  }
  write()
}
