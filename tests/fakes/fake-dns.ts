import { createSocket, type Socket } from 'node:dgram'
import { decode, encode, type Answer, type Packet, AUTHORITATIVE_ANSWER } from 'dns-packet'

const RCODES = { ok: 0, servfail: 2, nxdomain: 3, refused: 5 }

/** What the server answers about a name: records, no such name, or what goes wrong. */
export type DnsScript = Answer[] | Exclude<keyof typeof RCODES, 'ok'> | 'silence'

/** A real name server on loopback UDP; of names that it does not know it says that there are none such. */
export class FakeDns {
  readonly #socket: Socket
  readonly #zone: Record<string, DnsScript>
  /** `A example.com`, in the order in which they came. */
  readonly questions: string[] = []
  readonly #waiting: (() => void)[] = []

  private constructor(socket: Socket, zone: Record<string, DnsScript>) {
    this.#socket = socket
    this.#zone = zone
    socket.on('message', (message, { port, address }) => {
      const answer = this.#answer(decode(message))
      if (answer !== null) socket.send(answer, port, address)
    })
  }

  static async start(zone: Record<string, DnsScript>): Promise<FakeDns> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve)
    })
    return new FakeDns(socket, zone)
  }

  /** `127.0.0.1:port` */
  get server(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  /** Resolves with the next question. */
  async asked(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve())
    })
  }

  #answer(packet: Packet): Buffer | null {
    const [question] = packet.questions ?? []
    if (question === undefined) return null
    this.questions.push(`${question.type} ${question.name}`)
    for (const resolve of this.#waiting.splice(0)) resolve()
    const script = this.#zone[question.name.toLowerCase()] ?? 'nxdomain'
    if (script === 'silence') return null
    const rcode = Array.isArray(script) ? RCODES.ok : RCODES[script]
    const answers = Array.isArray(script) ? script.filter(({ type }) => type === question.type || type === 'CNAME') : []
    return encode({
      type: 'response',
      id: packet.id ?? 0,
      flags: AUTHORITATIVE_ANSWER | rcode,
      questions: [question],
      answers,
    })
  }
}
