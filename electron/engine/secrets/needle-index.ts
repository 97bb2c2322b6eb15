/** Every form of a secret has at least as many characters. */
const WINDOW = 8
const BASE = 0x01_00_01_93
const FILTER_BITS = 20

/** What leaves the window is taken off with this factor. */
const OLDEST = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, BASE), 1)

/**
 * Finds many words in one pass over a text (Rabin and Karp's way), so that a large answer costs the same for one secret and
 * for two hundred.
 */
export class NeedleIndex {
  readonly #filter = new Uint8Array(1 << FILTER_BITS)
  readonly #words = new Map<number, string[]>()

  /** @param words shorter ones than the window are left out */
  constructor(words: Iterable<string>) {
    for (const word of words) {
      if (word.length < WINDOW) continue
      let hash = 0
      for (let at = 0; at < WINDOW; at += 1) hash = (Math.imul(hash, BASE) + word.charCodeAt(at)) | 0
      this.#filter[hash >>> (32 - FILTER_BITS)] = 1
      this.#words.set(hash, [...(this.#words.get(hash) ?? []), word])
    }
  }

  /** @returns where words begin and end; they may overlap */
  find(text: string): [begin: number, end: number][] {
    const found: [number, number][] = []
    let hash = 0
    for (let at = 0; at < text.length; at += 1) {
      const leaving = at < WINDOW ? 0 : Math.imul(OLDEST, text.charCodeAt(at - WINDOW))
      hash = (Math.imul(hash, BASE) + text.charCodeAt(at) - leaving) | 0
      if (this.#filter[hash >>> (32 - FILTER_BITS)] === 0) continue
      const begin = at - WINDOW + 1
      for (const word of this.#words.get(hash) ?? []) {
        if (text.startsWith(word, begin)) found.push([begin, begin + word.length])
      }
    }
    return found
  }
}
