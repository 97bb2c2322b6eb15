import type { Socket } from 'node:net'

/**
 * Bounds the open connections. When they are all taken, the oldest one that is not being answered gives way: those who
 * hold connections and send nothing lose them, a sender who comes now is served.
 */
export class Connections {
  readonly #max: number
  readonly #open = new Set<Socket>()
  readonly #busy = new Map<Socket, number>()

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

  /** Between a complete request and its answer; pipelined requests count each. */
  enter(socket: Socket): void {
    this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1)
  }

  leave(socket: Socket): void {
    const left = (this.#busy.get(socket) ?? 1) - 1
    if (left > 0) this.#busy.set(socket, left)
    else this.#busy.delete(socket)
  }

  isBusy(socket: Socket): boolean {
    return this.#busy.has(socket)
  }

  count(): number {
    return this.#open.size
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
