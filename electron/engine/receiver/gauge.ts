/** Who holds a place: a source by its token, or anybody (`''`). */
export interface Party {
  sourceId: string
  isProven: boolean
}

export interface Hold {
  /** @returns false when the bytes do not fit; then none of them count */
  add(bytes: number): boolean
  /** All of the body is there: the place is no longer given away. */
  received(): void
  /** @param giveWay called at most once, when the place is given to another before all of the body was there */
  onGiveWay(giveWay: () => void): void
  /** Called once. */
  leave(): void
}

interface Bounds {
  requests: number
  bytes: number
}

/** The largest part that one source, or everybody without a token, may take while others have a token. */
const SHARE = 0.5
/** Nobody gives way before: on a busy machine a good sender's next bytes may be that late. */
const PATIENCE_MS = 1000

/**
 * Counts what the receiver holds in memory for requests whose head has passed and that are not answered yet. Each source
 * has a share, and so have those without a token as soon as there are tokens: half of everything is then kept for sources.
 * Where it is full, the one gives way that sends slowest, counted from its first byte: who waits longest for least.
 */
export class Gauge {
  readonly #whole: Bounds
  readonly #now: () => number
  readonly #places = new Set<Place>()
  readonly #total: Bounds = { requests: 0, bytes: 0 }
  readonly #used = new Map<string, Bounds>()

  /** @param now monotonic milliseconds */
  constructor(maxRequests: number, maxBytes: number, now: () => number = () => performance.now()) {
    this.#whole = { requests: maxRequests, bytes: maxBytes }
    this.#now = now
  }

  /**
   * Takes a place for one request, or says that there is none; `leave` gives it back with all its bytes.
   * @param hasTokens whether some source has a token
   */
  enter(party: Party, hasTokens: boolean): Hold | null {
    const key = party.isProven ? `source ${party.sourceId}` : 'anybody'
    const share = hasTokens ? SHARE : 1
    const place: Place = { key, isProven: party.isProven, share, at: this.#now(), bytes: 0, isReceiving: true }
    if (!this.#makeRoom(place, { requests: 1, bytes: 0 })) return null
    this.#places.add(place)
    this.#count(place, { requests: 1, bytes: 0 })
    return {
      add: (bytes) => this.#add(place, bytes),
      received: () => void (place.isReceiving = false),
      onGiveWay: (giveWay) => void (place.giveWay = giveWay),
      leave: () => this.#leave(place),
    }
  }

  #add(place: Place, bytes: number): boolean {
    const wanted = { requests: 0, bytes }
    if (!this.#places.has(place) || !this.#makeRoom(place, wanted)) return false
    place.bytes += bytes
    this.#count(place, wanted)
    return true
  }

  /** @returns whether there is room now; others may have given way */
  #makeRoom(place: Place, wanted: Bounds): boolean {
    for (;;) {
      const candidates = this.#whoIsInTheWay(place, wanted)
      if (candidates === null) return true
      const slowest = this.#slowest(candidates.filter((other) => other !== place))
      if (!slowest) return false
      this.#leave(slowest)
      slowest.giveWay?.()
    }
  }

  /** @returns null where it fits; else those of whom one has to go */
  #whoIsInTheWay({ key, share, isProven }: Place, wanted: Bounds): Place[] | null {
    const used = this.#used.get(key) ?? { requests: 0, bytes: 0 }
    const hasShare = fits(used, wanted, this.#whole, share)
    if (hasShare && fits(this.#total, wanted, this.#whole, 1)) return null
    const places = [...this.#places]
    if (!hasShare) return places.filter((other) => other.key === key)
    const anybody = places.filter((other) => !other.isProven)
    return isProven && anybody.length === 0 ? places : anybody
  }

  #slowest(places: readonly Place[]): Place | undefined {
    const now = this.#now()
    const rate = ({ bytes, at }: Place): number => bytes / (now - at)
    return places
      .filter(({ isReceiving, at }) => isReceiving && now - at >= PATIENCE_MS)
      .reduce<Place | undefined>(
        (slowest, place) => (!slowest || rate(place) < rate(slowest) ? place : slowest),
        undefined,
      )
  }

  #leave(place: Place): void {
    if (this.#places.delete(place)) this.#count(place, { requests: -1, bytes: -place.bytes })
  }

  #count({ key }: Place, { requests, bytes }: Bounds): void {
    const used = this.#used.get(key) ?? { requests: 0, bytes: 0 }
    this.#used.set(key, used)
    for (const sum of [used, this.#total]) {
      sum.requests += requests
      sum.bytes += bytes
    }
    if (used.requests === 0) this.#used.delete(key)
  }
}

interface Place {
  key: string
  isProven: boolean
  share: number
  /** When its head had passed. */
  at: number
  bytes: number
  isReceiving: boolean
  giveWay?: () => void
}

function fits(used: Bounds, wanted: Bounds, whole: Bounds, share: number): boolean {
  return used.requests + wanted.requests <= whole.requests * share && used.bytes + wanted.bytes <= whole.bytes * share
}
