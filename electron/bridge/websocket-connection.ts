import { z } from 'zod'
import type { WebSocket } from 'ws'
import type { Topic, TopicPayload } from '../../shared/contract.ts'
import { errorMessage } from '../../shared/errors.ts'
import type { Log } from '../engine/ports/ports.ts'
import type { CallSender, Router } from './router.ts'
import type { DeskTokens } from './tokens.ts'

/** A page says hello in its first turn. */
const HELLO_MS = 5_000

/** A person's clicks and what they refresh; a loop gone wild is far above. */
const MESSAGES_PER_SECOND = 100
const BURST = 400

/** Calls under way of one page. */
const MAX_IN_FLIGHT = 64

/** A page that does not read: its socket is closed before our memory pays for it. */
const MAX_UNSENT_BYTES = 16 * 1_048_576

/** Private close codes (RFC 6455 §7.4.2). */
const CLOSE_REFUSED = 4001
const CLOSE_PROTOCOL = 4002
const CLOSE_TOO_FAST = 4003

/** Nothing of a token says which of these it was. */
const REFUSED = {
  token: 'This link was used, is older than 15 minutes, or is from before Tocsin was started again.',
  session: 'This tab was let in before Tocsin was started again, or more than a day ago.',
} as const

const token = z.string().min(1).max(128)
const incoming = z.union([
  z.object({ type: z.literal('hello'), token }).strict(),
  z.object({ type: z.literal('hello'), session: token }).strict(),
  z
    .object({ type: z.literal('call'), id: z.number().int().min(0), name: z.string().max(128), arg: z.unknown() })
    .strict(),
])
type Incoming = z.infer<typeof incoming>
type Hello = Extract<Incoming, { type: 'hello' }>
type Call = Extract<Incoming, { type: 'call' }>

export interface ConnectionOptions {
  socket: WebSocket
  /** The `Origin` of the upgrade, which was checked. */
  origin: string
  router: Router
  tokens: DeskTokens
  log: Log
  /** Opens this desk, for a terminal: told to who is refused. */
  command: string
}

/** One page's WebSocket: hello first, then calls; topics once it is admitted. */
export class WebsocketConnection {
  readonly #options: ConnectionOptions
  readonly #sender: CallSender
  readonly #helloTimer: NodeJS.Timeout
  #inFlight = 0
  #allowance = BURST
  #allowedAt = performance.now()

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#sender = { origin: options.origin, isMainFrame: true, isKnown: false }
    this.#helloTimer = setTimeout(() => this.#close(CLOSE_PROTOCOL, 'No hello in time'), HELLO_MS)
    this.#helloTimer.unref()
    const { socket, log } = options
    socket.on('message', (data: Buffer, isBinary) => this.#onMessage(data, isBinary))
    socket.on('error', (error) => log.debug('desk socket failed', { message: errorMessage(error) }))
    socket.on('close', () => clearTimeout(this.#helloTimer))
  }

  /** Whether the page has said a hello that was taken. */
  get isAdmitted(): boolean {
    return this.#sender.isKnown
  }

  /** Ends a socket that has not said hello, for one that has just come. */
  giveWay(): void {
    this.#options.socket.terminate()
  }

  /** Passes a topic on, if the page was admitted. */
  tell<Name extends Topic>(topic: Name, payload: TopicPayload<Name>): void {
    if (this.#sender.isKnown) this.#send({ type: 'topic', topic, payload })
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.#isAllowed()) return this.#close(CLOSE_TOO_FAST, 'Too many messages')
    const message = isBinary ? null : parse(data)
    if (message === null) return this.#close(CLOSE_PROTOCOL, 'Not a message of the desk')
    if (message.type === 'hello') return this.#onHello(message)
    if (!this.#sender.isKnown) return this.#close(CLOSE_PROTOCOL, 'Hello comes first')
    void this.#onCall(message)
  }

  #onHello(hello: Hello): void {
    if (this.#sender.isKnown) return this.#close(CLOSE_PROTOCOL, 'One hello is enough')
    const session = this.#admit(hello)
    if (session === null) {
      this.#options.log.warn('desk link refused')
      const message = REFUSED['token' in hello ? 'token' : 'session']
      this.#send({ type: 'refused', message, command: this.#options.command })
      return this.#close(CLOSE_REFUSED, 'Refused')
    }
    clearTimeout(this.#helloTimer)
    this.#sender.isKnown = true
    this.#send({ type: 'welcome', session })
  }

  /** @returns the session's token, or null */
  #admit(hello: Hello): string | null {
    const { tokens } = this.#options
    if ('token' in hello) return tokens.openSession(hello.token)
    return tokens.resumeSession(hello.session) ? hello.session : null
  }

  async #onCall({ id, name, arg }: Call): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const error = { code: 'busy', message: 'Too many calls at once; wait for an answer.' }
      return this.#send({ type: 'answer', id, answer: { ok: false, error } })
    }
    this.#inFlight += 1
    const answer = await this.#options.router.handle(this.#sender, name, arg)
    this.#inFlight -= 1
    this.#send({ type: 'answer', id, answer })
  }

  #isAllowed(): boolean {
    const now = performance.now()
    const earned = ((now - this.#allowedAt) / 1000) * MESSAGES_PER_SECOND
    this.#allowance = Math.min(BURST, this.#allowance + earned) - 1
    this.#allowedAt = now
    return this.#allowance >= 0
  }

  #send(message: object): void {
    const { socket } = this.#options
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate()
    else socket.send(JSON.stringify(message))
  }

  #close(code: number, reason: string): void {
    this.#sender.isKnown = false
    this.#options.socket.close(code, reason)
  }
}

function parse(data: Buffer): Incoming | null {
  try {
    return incoming.safeParse(JSON.parse(data.toString('utf8'))).data ?? null
  } catch {
    return null
  }
}
