import { z } from 'zod'
import type { Answer, CallArg, CallName, CallResult, DeskBridge, Topic, TopicPayload } from '../../shared/contract.ts'
import type { Link } from './link.ts'

/** Where this tab keeps its session; it ends with the tab. */
const SESSION_KEY = 'tocsin.session'
/** A lost connection is tried again after half a second, then less often, at most every five seconds. */
const RETRY_MS = [500, 1000, 2000, 5000]

const serverMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), session: z.string() }),
  z.object({ type: z.literal('refused'), message: z.string(), command: z.string() }),
  z.object({
    type: z.literal('answer'),
    id: z.number(),
    answer: z.union([
      z.object({ ok: z.literal(true), value: z.unknown() }),
      z.object({
        ok: z.literal(false),
        error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
      }),
    ]),
  }),
  z.object({ type: z.literal('topic'), topic: z.enum(['changed', 'news']), payload: z.unknown() }),
])

const EVERYTHING: TopicPayload<'changed'> = {
  what: ['alerts', 'events', 'approvals', 'chains', 'problems', 'containments', 'settings', 'state'],
  alertIds: [],
  chainIds: [],
}

/** Said where there is no token: the refusal tells how to get one. */
const NONE = 'none'
const LINK_TOKEN = /^#token=([^&]+)/

/** Takes the one-time token out of the address at once, so that it stays in no history entry and no screenshot. */
function takeToken(): string | null {
  const match = LINK_TOKEN.exec(window.location.hash)
  if (!match?.[1]) return null
  window.history.replaceState(null, '', `${window.location.pathname}${window.location.search}`)
  return decodeURIComponent(match[1])
}

/**
 * `window.desk` of the browser host: the contract over a WebSocket to the page's own server. The first message is the
 * link's token, or the session that an earlier one was exchanged for.
 * @param onLink told of each state of the connection
 */
export function connectWebSocketBridge(onLink: (link: Link) => void): DeskBridge {
  return new WebSocketBridge(onLink)
}

type Pending = (answer: Answer<unknown>) => void

class WebSocketBridge implements DeskBridge {
  readonly #onLink: (link: Link) => void
  readonly #listeners = new Map<Topic, Set<(payload: never) => void>>()
  readonly #pending = new Map<number, Pending>()
  /** Calls made before the first welcome. Later ones fail at once: a decision must not run when nobody looks any more. */
  #queue: string[] | null = []
  #token: string | null
  #socket: WebSocket | null = null
  #isOpen = false
  #isStranger = false
  #nextId = 1
  #failures = 0

  constructor(onLink: (link: Link) => void) {
    this.#onLink = onLink
    this.#token = takeToken()
    // A fresh link that is opened in this very tab changes nothing but the fragment: the page starts over with it.
    window.addEventListener('hashchange', () => {
      if (LINK_TOKEN.test(window.location.hash)) window.location.reload()
    })
    this.#connect()
  }

  call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>> {
    if (!this.#isOpen && !this.#queue) {
      return Promise.resolve({
        ok: false,
        error: { code: 'link_lost', message: 'Tocsin does not answer. Nothing was sent.' },
      })
    }
    const id = this.#nextId++
    const text = JSON.stringify({ type: 'call', id, name, arg })
    return new Promise((resolve) => {
      // The engine's router has validated nothing here: the answer's shape is the contract's, by construction.
      this.#pending.set(id, resolve as Pending)
      if (this.#isOpen) this.#socket?.send(text)
      else this.#queue?.push(text)
    })
  }

  on<Name extends Topic>(topic: Name, listener: (payload: TopicPayload<Name>) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  #connect(): void {
    const session = window.sessionStorage.getItem(SESSION_KEY)
    if (this.#failures === 0) this.#onLink({ state: 'connecting', message: '', command: '' })
    const { protocol, host } = window.location
    const socket = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/bridge`)
    this.#socket = socket
    this.#isStranger = !this.#token && !session
    const hello = session && !this.#token ? { type: 'hello', session } : { type: 'hello', token: this.#token ?? NONE }
    socket.addEventListener('open', () => socket.send(JSON.stringify(hello)))
    socket.addEventListener('message', (event) => this.#receive(String(event.data)))
    socket.addEventListener('close', () => this.#closed(socket))
  }

  #receive(text: string): void {
    const message = serverMessage.parse(JSON.parse(text))
    switch (message.type) {
      case 'welcome':
        return this.#welcome(message.session)
      case 'refused':
        return this.#refused(message)
      case 'answer':
        this.#pending.get(message.id)?.(message.answer)
        this.#pending.delete(message.id)
        return
      case 'topic':
        // The payload is what the engine published for this topic, as the contract says.
        return this.#publish(message.topic, message.payload as TopicPayload<Topic>)
    }
  }

  #welcome(session: string): void {
    const isReturn = this.#queue === null
    this.#token = null
    window.sessionStorage.setItem(SESSION_KEY, session)
    this.#isOpen = true
    this.#failures = 0
    this.#onLink({ state: 'open', message: '', command: '' })
    for (const text of this.#queue ?? []) this.#socket?.send(text)
    this.#queue = null
    // What happened while the connection was lost was told to nobody.
    if (isReturn) this.#publish('changed', EVERYTHING)
  }

  #refused({ message, command }: { message: string; command: string }): void {
    window.sessionStorage.removeItem(SESSION_KEY)
    this.#socket = null
    this.#isOpen = false
    this.#failPending()
    const why = this.#isStranger ? 'This address has no link token.' : message
    this.#onLink({ state: 'refused', message: why, command })
  }

  #closed(socket: WebSocket): void {
    if (this.#socket !== socket) return
    this.#isOpen = false
    if (this.#queue === null) this.#failPending()
    this.#onLink({ state: 'lost', message: 'The connection to Tocsin is lost. Trying again…', command: '' })
    const delay = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)]
    this.#failures++
    window.setTimeout(() => this.#connect(), delay)
  }

  #failPending(): void {
    const message = 'The connection was lost before the answer came. See what its state is before you try again.'
    for (const settle of this.#pending.values()) settle({ ok: false, error: { code: 'link_lost', message } })
    this.#pending.clear()
  }

  #publish<Name extends Topic>(topic: Name, payload: TopicPayload<Name>): void {
    // Listeners were added under their own topic.
    for (const listener of this.#listeners.get(topic) ?? []) (listener as (p: TopicPayload<Name>) => void)(payload)
  }
}
