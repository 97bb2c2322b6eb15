/** One `import`, `importstr` or `importbin` of a jsonnet text. Jsonnet takes nothing but a string literal there. */
export interface JsonnetImport {
  /** As it is written: relative to the importing file. */
  path: string
  row: number
}

const TOKENS = [
  String.raw`//[^\n]*|#[^\n]*|/\*[^]*?\*/`, // comments
  String.raw`\|\|\|-?[ \t]*\n[^]*?\n[ \t]*\|\|\|`, // text blocks
  String.raw`@"(?:[^"]|"")*"|@'(?:[^']|'')*'`,
  String.raw`"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\]*(?:\\[^][^'\\]*)*'`,
  '[A-Za-z_][A-Za-z0-9_]*',
].join('|')

const KEYWORDS = new Set(['import', 'importstr', 'importbin'])

/**
 * The files that a jsonnet text may import. What stands in comments and strings is none.
 * @returns in order of appearance
 */
export function jsonnetImports(source: string): JsonnetImport[] {
  if (!source.includes('import')) return []
  const found: JsonnetImport[] = []
  let isExpected = false
  for (const { 0: token, index } of source.matchAll(new RegExp(TOKENS, 'g'))) {
    if (/^(?:\/\/|#|\/\*)/.test(token)) continue
    if (isExpected && /^@?["']/.test(token)) {
      found.push({ path: literalText(token), row: source.slice(0, index).split('\n').length })
    }
    isExpected = KEYWORDS.has(token)
  }
  return found
}

function literalText(literal: string): string {
  if (literal.startsWith('@')) {
    const quote = literal.charAt(1)
    return literal.slice(2, -1).replaceAll(quote + quote, quote)
  }
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_all, hex: string | undefined, char: string) =>
      hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    )
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
