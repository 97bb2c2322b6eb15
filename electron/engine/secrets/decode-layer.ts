/** HTML's names of the ASCII characters that are neither letter nor digit. */
const ENTITIES: Record<string, string> = Object.fromEntries(
  `quot " num # dollar $ percnt % amp & apos ' lpar ( rpar ) ast * plus + comma , period . sol / colon : semi ; lt < equals =
   gt > quest ? commat @ lsqb [ lbrack [ bsol \\ rsqb ] rbrack ] hat ^ lowbar _ grave \` lcub { lbrace { verbar | vert | rcub }
   rbrace } excl !`
    .trim()
    .split(/\s+/)
    .flatMap((word, at, words) => (at % 2 === 0 ? [[word, words[at + 1] ?? '']] : [])),
)

const SHORT_ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * `%XX` (a run of them is UTF-8), `%uXXXX`, `&name;`, `&#38;`, `&#x26;` (browsers do without the semicolon), `\uXXXX`,
 * `\u{X}`, `\xXX`, `\ooo`, and a backslash before any other character.
 */
const TOKENS =
  /(?<percent>(?:%[0-9a-fA-F]{2})+)|&#0*(?<decimal>\d{1,7});?|&#[xX]0*(?<hex>[0-9a-fA-F]{1,6});?|&(?<name>[a-zA-Z]{2,6});|[\\%]u(?<unicode>[0-9a-fA-F]{4})|\\(?:u\{(?<point>[0-9a-fA-F]{1,6})\}|x(?<byte>[0-9a-fA-F]{2})|(?<octal>[0-3][0-7]{2})|(?<escaped>[^]))/g

/** A text with one layer of encoding taken off, and where each of its characters stood. */
export interface Layer {
  text: string
  /** For each character of `text`: where what it was decoded from begins in the text before. */
  begins: Uint32Array
  /** The same: where it ends. */
  ends: Uint32Array
}

/**
 * Takes one layer of the encodings of URLs, HTML and JSON off, in whatever mixture.
 * @returns null where there is nothing to take off
 */
export function decodeLayer(text: string): Layer | null {
  if (!/[%&\\]/.test(text)) return null
  const parts: string[] = []
  // A decoded text is never longer.
  const begins = new Uint32Array(text.length)
  const ends = new Uint32Array(text.length)
  let length = 0
  const put = (part: string, begin: number, end: number | null): void => {
    parts.push(part)
    for (let at = 0; at < part.length; at += 1) {
      begins[length] = end === null ? begin + at : begin
      ends[length] = end ?? begin + at + 1
      length += 1
    }
  }
  let done = 0
  for (const match of text.matchAll(TOKENS)) {
    const decoded = decodeToken(match.groups ?? {})
    if (decoded === null) continue
    put(text.slice(done, match.index), done, null)
    done = match.index + match[0].length
    put(decoded, match.index, done)
  }
  if (done === 0) return null
  put(text.slice(done), done, null)
  return { text: parts.join(''), begins: begins.subarray(0, length), ends: ends.subarray(0, length) }
}

function decodeToken(groups: Record<string, string | undefined>): string | null {
  const { percent, decimal, hex, name, unicode, point, byte, octal, escaped } = groups
  if (percent !== undefined) return Buffer.from(percent.replaceAll('%', ''), 'hex').toString('utf8')
  if (decimal !== undefined) return codePoint(Number(decimal))
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? null
  if (escaped !== undefined) return SHORT_ESCAPES[escaped] ?? escaped
  if (octal !== undefined) return codePoint(Number.parseInt(octal, 8))
  const digits = hex ?? unicode ?? point ?? byte ?? ''
  return codePoint(Number.parseInt(digits, 16))
}

function codePoint(value: number): string | null {
  return value <= 0x10_ff_ff ? String.fromCodePoint(value) : null
}
