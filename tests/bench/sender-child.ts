// A process of its own that sends one event again and again over kept connections, and says what came back.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { findingOf } from './event.ts'
import { percentile } from './measure.ts'

/** What to send, and until when: after so many seconds, or so many events. */
export interface LoadPlan {
  /** `http://127.0.0.1:8080/alert/raw/aws_guardduty` */
  url: string
  /** Size of a finding, or the body itself. */
  body: number | string
  senders: number
  seconds: number
  events: number
  /** Events/s in all; 0: each sender sends as soon as it has its answer. */
  rate: number
}

export interface LoadReport {
  answers: number
  /** Answers that were not 200. */
  refused: number
  seconds: number
  perSecond: number
  p50: number
  p99: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
/** How often the paced senders look what is due. */
const PACE_MS = 1

/**
 * One connection, one event at a time; one that the server closed while nothing was sent is opened again. Its own few lines of
 * HTTP: a client library takes as much CPU as the server.
 */
class Sender {
  readonly #url: URL
  readonly #request: Buffer
  #socket: Socket | null
  #head: Buffer = Buffer.alloc(0)
  #left = 0
  #status = 0
  #done: ((status: number) => void) | null = null

  constructor(url: URL, request: Buffer) {
    this.#url = url
    this.#request = request
    this.#socket = this.#connect()
  }

  /** @returns the answer's status, 0 when the connection broke */
  send(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#done = resolve
    this.#socket ??= this.#connect()
    this.#socket.write(this.#request)
    return promise
  }

  close(): void {
    this.#socket?.destroy()
  }

  #connect(): Socket {
    const socket = connect(Number(this.#url.port), this.#url.hostname).setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', () => this.#finish(0))
    socket.on('close', () => {
      this.#socket = null
      this.#finish(0)
    })
    return socket
  }

  #read(chunk: Buffer): void {
    if (this.#left > 0) {
      this.#take(chunk.length)
      return
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
    const end = this.#head.indexOf(HEAD_END)
    if (end === -1) return
    const head = this.#head.toString('latin1', 0, end)
    const body = this.#head.length - end - HEAD_END.length
    this.#head = Buffer.alloc(0)
    this.#status = Number(head.slice(9, 12))
    this.#left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
    this.#take(body)
  }

  #take(bytes: number): void {
    this.#left -= bytes
    if (this.#left === 0) this.#finish(this.#status)
  }

  #finish(status: number): void {
    this.#done?.(status)
    this.#done = null
  }
}

function requestOf({ url, body }: LoadPlan): Buffer {
  const { host, pathname } = new URL(url)
  const bytes = typeof body === 'number' ? findingOf(body) : Buffer.from(body)
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}

async function send(plan: LoadPlan): Promise<LoadReport> {
  const request = requestOf(plan)
  const senders = Array.from({ length: plan.senders }, () => new Sender(new URL(plan.url), request))
  const latencies: number[] = []
  let sent = 0
  let refused = 0
  const start = performance.now()
  const isOver = (): boolean => sent >= plan.events || performance.now() - start >= plan.seconds * 1000
  const one = async (sender: Sender, dueAt: number): Promise<void> => {
    sent += 1
    const status = await sender.send()
    latencies.push(performance.now() - dueAt)
    if (status !== 200) refused += 1
    if (status === 0) throw new Error('The server closed a connection')
  }
  if (plan.rate > 0) await pace(plan, senders, one)
  else {
    const loop = async (sender: Sender): Promise<void> => {
      while (!isOver()) await one(sender, performance.now())
    }
    await Promise.all(senders.map(loop))
  }
  const seconds = (performance.now() - start) / 1000
  for (const sender of senders) sender.close()
  const answers = latencies.length
  const spread = { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
  return { answers, refused, seconds, perSecond: answers / seconds, ...spread }
}

/** Sends at a fixed rate whatever the answers do: an event that waits for a free connection has been waiting since it was due. */
async function pace(
  { seconds, rate }: Pick<LoadPlan, 'seconds' | 'rate'>,
  senders: readonly Sender[],
  one: (sender: Sender, dueAt: number) => Promise<void>,
): Promise<void> {
  const due: number[] = []
  const plan = { isOver: false }
  const start = performance.now()
  const loop = async (sender: Sender): Promise<void> => {
    while (!plan.isOver || due.length > 0) {
      const dueAt = due.shift()
      if (dueAt === undefined) await sleep(PACE_MS)
      else await one(sender, dueAt)
    }
  }
  const loops = Promise.all(senders.map(loop))
  for (let planned = 0; planned < seconds * rate; await sleep(PACE_MS)) {
    const now = performance.now()
    for (; planned < ((now - start) / 1000) * rate; planned += 1) due.push(now)
  }
  plan.isOver = true
  await loops
}

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan // as load.ts gives it
process.stdout.write(JSON.stringify(await send(plan)))
