import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ReceiverLimits } from './limits.ts'

/** How long a client may take at the stop to read an answer that is written. */
const LAST_READ_MS = 1000

/** So many times the bound may be open for the time of grace. */
const BURST = 4

/**
 * Bounds the open connections. When there are more, the oldest ones that are not being answered give way: those who hold
 * connections and send nothing lose them, a sender who comes now is served. How many are answered at once is the gauge's
 * matter.
 */
export class Connections {
  readonly #max: number
  readonly #graceMs: number
  #trimming: NodeJS.Timeout | null = null
  readonly #open = new Set<Socket>()
  readonly #busy = new Map<Socket, number>()
  #isDraining = false

  constructor({ connections, graceMs }: Pick<ReceiverLimits, 'connections' | 'graceMs'>) {
    this.#max = connections
    this.#graceMs = graceMs
  }

  add(socket: Socket): void {
    if (this.#open.size >= this.#max * BURST && !this.#evict()) {
      socket.destroy()
      return
    }
    this.#open.add(socket)
    if (this.#open.size > this.#max) this.#trimLater()
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#busy.delete(socket)
    })
  }

  /**
   * A connection is busy between a complete request and its answer; pipelined requests count each. One whose answer is
   * written and not read is busy no more: who does not read cannot hold a connection.
   */
  track(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    let isEntered = false
    let isAnswered = false
    const answered = (): void => {
      if (isAnswered) return
      isAnswered = true
      if (isEntered) this.#leave(socket)
    }
    request.once('end', () => {
      if (isAnswered) return
      isEntered = true
      this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1)
    })
    response.once('prefinish', answered)
    response.once('close', answered)
  }

  /** A connection that became something else (a WebSocket) is counted elsewhere. */
  release(socket: Socket): void {
    this.#open.delete(socket)
  }

  /** Ends every connection: at once, or when it has its answer. A stopped server no longer cuts those that hang. */
  drain(): void {
    this.#isDraining = true
    clearTimeout(this.#trimming ?? undefined)
    for (const socket of this.#open) {
      if (this.#busy.has(socket)) continue
      if (socket.writableLength > 0) this.#destroySoon(socket)
      else socket.destroy()
    }
  }

  #destroySoon(socket: Socket): void {
    socket.destroySoon()
    const cut = setTimeout(() => socket.destroy(), LAST_READ_MS)
    socket.once('close', () => clearTimeout(cut))
  }

  #leave(socket: Socket): void {
    const left = (this.#busy.get(socket) ?? 1) - 1
    if (left > 0) {
      this.#busy.set(socket, left)
      return
    }
    this.#busy.delete(socket)
    if (this.#isDraining) this.#destroySoon(socket)
  }

  #trimLater(): void {
    // What has come meanwhile is read before the immediate: this thread may have been busy for longer than the grace.
    this.#trimming ??= setTimeout(() => setImmediate(() => this.#trim()), this.#graceMs).unref()
  }

  /** Once more while there are too many: those that are answered now hold their connection a while longer. */
  #trim(): void {
    this.#trimming = null
    while (this.#open.size > this.#max && this.#evict());
    if (this.#open.size > this.#max) this.#trimLater()
  }

  #evict(): boolean {
    for (const socket of this.#open) {
      if (this.#busy.has(socket)) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
