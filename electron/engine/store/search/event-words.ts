/** Text taken of one event; what matters of a larger one is in its alert. */
const MAX_CHARACTERS = 8192

/**
 * Strings and numbers of an event as it spells them, each once, without its keys: those are the same in all events of a schema.
 * The text is read from its beginning and only as far as there is room, at half the cost of making values of it, and whatever
 * its depth.
 * @param json what policies were given; anything else gives no words, or those up to where it stops being JSON
 */
export function eventWords(json: string): string {
  const words = new Words()
  for (let at = 0; at < json.length && words.room > 0;) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(json, at)
      if (end === -1) break
      if (!isKey(json, end + 1)) words.add(unescaped(json.slice(at + 1, end)))
      at = end + 1
    } else if (isOfNumber(code)) {
      const end = endOfNumber(json, at)
      if (isDigit(json.charCodeAt(end - 1))) words.add(json.slice(at, end))
      at = end
    } else at += 1
  }
  return words.text()
}

class Words {
  readonly #words = new Set<string>()
  /** For how many more characters. */
  room = MAX_CHARACTERS

  add(value: string): void {
    const word = value.slice(0, this.room)
    if (this.#words.has(word)) return
    this.#words.add(word)
    this.room -= word.length + 1
  }

  text(): string {
    return [...this.#words].join('\n')
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** @returns where the string's closing quote stands, -1 when it has none */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === BACKSLASH) before -= 1
  return (at - 1 - before) % 2 === 1
}

/** A colon follows the names of members only. */
function isKey(json: string, after: number): boolean {
  let at = after
  while (isSpace(json.charCodeAt(at))) at += 1
  return json.charCodeAt(at) === COLON
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string // it is one between quotes
  } catch {
    return text
  }
}

function endOfNumber(json: string, start: number): number {
  let end = start + 1
  while (isOfNumber(json.charCodeAt(end))) end += 1
  return end
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Digits, sign, point, exponent. */
function isOfNumber(code: number): boolean {
  return isDigit(code) || code === 0x2d || code === 0x2b || code === 0x2e || code === 0x45 || code === 0x65
}
