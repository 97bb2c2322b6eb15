/** Counts what the receiver holds in memory for requests that are not answered yet, against two bounds. */
export class Gauge {
  readonly #maxRequests: number
  readonly #maxBytes: number
  #requests = 0
  #bytes = 0

  constructor(maxRequests: number, maxBytes: number) {
    this.#maxRequests = maxRequests
    this.#maxBytes = maxBytes
  }

  /** Takes a place for one request, or says that there is none; `leave` gives it back with all its bytes. */
  enter(): Hold | null {
    if (this.#requests >= this.#maxRequests) return null
    this.#requests += 1
    let held = 0
    return {
      add: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) return false
        this.#bytes += bytes
        held += bytes
        return true
      },
      leave: () => {
        this.#requests -= 1
        this.#bytes -= held
      },
    }
  }
}

export interface Hold {
  /** @returns false when the bytes do not fit; then none of them count */
  add(bytes: number): boolean
  /** Called once. */
  leave(): void
}
