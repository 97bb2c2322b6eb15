import { expect, type Page, test as base } from '@playwright/test'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { WebSocketServer, type WebSocket } from 'ws'
import type { CallArg, CallName } from '../../shared/contract.ts'
import { DeskFake, type DeskFakeOptions } from '../fakes/desk-fake.ts'

const ROOT = process.env['DESK_RENDERER'] ?? join(import.meta.dirname, '../../out/renderer')

/** The header under which the product serves the page, in both hosts (docs/SECURITY.md, S3). */
export const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export const TOKEN = 'one-time-token'
const SESSION = 'session-1'
export const COMMAND = "npx tocsin desk --data '/srv/tocsin' -d '/srv/policies'"

/** The built page under the production header, and the fake engine behind a WebSocket of the browser host's protocol. */
export class DeskHost {
  readonly fake: DeskFake
  readonly #server: Server
  readonly #sockets: WebSocketServer
  /** Sessions that are let in */
  readonly sessions = new Set([SESSION])
  #isTokenUsed = false
  #origin = ''

  constructor(options: DeskFakeOptions) {
    this.fake = new DeskFake(options)
    this.#server = createServer((request, response) => void this.#serve(request.url ?? '/', response))
    this.#sockets = new WebSocketServer({ server: this.#server, path: '/bridge' })
    this.#sockets.on('connection', (socket) => this.#welcome(socket))
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    // A TCP server that listens has an address object; one that is closed has none.
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get origin(): string {
    return this.#origin
  }

  /** Cuts every connection, as a crash of the host would. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(url: string, response: ServerResponse): Promise<void> {
    const path = normalize(new URL(url, 'http://host').pathname)
    const file = join(ROOT, path === '/' ? 'index.html' : path)
    try {
      const body = await readFile(file)
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
      })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  }

  #welcome(socket: WebSocket): void {
    const send = (message: object) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(message))
    let isIn = false
    const off: (() => void)[] = []
    socket.on('close', () => off.forEach((end) => end()))
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Record<string, unknown>
      if (isIn) {
        const { id, name, arg } = message as { id: number; name: CallName; arg: CallArg<CallName> }
        void this.fake.call(name, arg).then((answer) => send({ type: 'answer', id, answer }))
        return
      }
      isIn = this.#isLetIn(message)
      if (!isIn) return send({ type: 'refused', message: 'This link was used already.', command: COMMAND })
      send({ type: 'welcome', session: SESSION })
      for (const topic of ['changed', 'news'] as const) {
        off.push(this.fake.on(topic, (payload) => send({ type: 'topic', topic, payload })))
      }
    })
  }

  #isLetIn(message: Record<string, unknown>): boolean {
    if (typeof message['session'] === 'string') return this.sessions.has(message['session'])
    const isRight = message['token'] === TOKEN && !this.#isTokenUsed
    if (isRight) this.#isTokenUsed = true
    return isRight
  }
}

export interface Desk {
  page: Page
  fake: DeskFake
  host: DeskHost
  /** CSP violations and foreign requests seen so far */
  violations: string[]
  foreign: string[]
}

interface Fixtures {
  desk: Desk
  deskOptions: DeskFakeOptions
  startAt: string
}

/** A desk over the fake engine, opened at `startAt`. It fails the test on any CSP violation or request to elsewhere. */
export const test = base.extend<Fixtures>({
  deskOptions: [{}, { option: true }],
  startAt: ['/inbox', { option: true }],
  desk: async ({ page, deskOptions, startAt }, provide) => {
    const host = new DeskHost(deskOptions)
    await host.start()
    const violations: string[] = []
    const foreign: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') violations.push(message.text())
    })
    page.on('pageerror', (error) => violations.push(String(error)))
    page.on('request', (request) => {
      if (!request.url().startsWith(host.origin)) foreign.push(request.url())
    })
    await open(page, host, startAt)
    await provide({ page, fake: host.fake, host, violations, foreign })
    // What the page says of a server that stops is no fault of the page.
    const seen = { violations: [...violations], foreign: [...foreign] }
    await host.stop()
    expect(seen.violations, '[S3] violations and errors in the console').toEqual([])
    expect(seen.foreign, '[S6] requests to elsewhere').toEqual([])
  },
})

/** Opens the link as `tocsin desk` prints it, then goes to a place. */
export async function open(page: Page, host: DeskHost, place: string): Promise<void> {
  await page.goto(`${host.origin}/#token=${TOKEN}`)
  await page.locator('.app, .solo').first().waitFor()
  await page.evaluate((hash) => {
    window.location.hash = hash
  }, `#${place}`)
}

export { expect }
