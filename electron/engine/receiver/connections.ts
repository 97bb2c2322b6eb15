import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Bounds the open connections. When they are all taken, the oldest one that is not being answered gives way: those who
 * hold connections and send nothing lose them, a sender who comes now is served.
 */
export class Connections {
  readonly #max: number
  readonly #open = new Set<Socket>()
  readonly #busy = new Map<Socket, number>()
  #isDraining = false

  constructor(max: number) {
    this.#max = max
  }

  add(socket: Socket): void {
    if (this.#open.size >= this.#max) this.#evict()
    if (this.#open.size >= this.#max) {
      socket.destroy()
      return
    }
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#busy.delete(socket)
    })
  }

  /** A connection is busy between a complete request and the end of its answer; pipelined requests count each. */
  track(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    let isEntered = false
    let isAnswered = false
    request.once('end', () => {
      if (isAnswered) return
      isEntered = true
      this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1)
    })
    response.once('close', () => {
      isAnswered = true
      if (isEntered) this.#leave(socket)
    })
  }

  /** Ends every connection: at once, or when it has its answer. A stopped server no longer cuts those that hang. */
  drain(): void {
    this.#isDraining = true
    for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy()
  }

  #leave(socket: Socket): void {
    const left = (this.#busy.get(socket) ?? 1) - 1
    if (left > 0) {
      this.#busy.set(socket, left)
      return
    }
    this.#busy.delete(socket)
    if (this.#isDraining) socket.destroySoon()
  }

  #evict(): void {
    for (const socket of this.#open) {
      if (this.#busy.has(socket)) continue
      this.#open.delete(socket)
      socket.destroy()
      return
    }
  }
}
