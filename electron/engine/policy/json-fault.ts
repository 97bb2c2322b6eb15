/** One token after white space: text, a number, a word, or a mark. */
const TOKEN =
  /[ \t\r\n]*(?:("[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{},:])/y
const WHITE_SPACE = /[ \t\r\n]*/y

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing'

/**
 * Where text stops being JSON; V8's own message often names no place.
 * @returns row and column, from 1, of the first token that cannot stand there, or of the end
 */
export function jsonFault(text: string): { row: number; col: number } {
  const closers: string[] = []
  let expected: Expected = 'value'
  for (let at = 0; ; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    const next: Expected | null = found && after(expected, found[0].trimStart(), found[1] !== undefined, closers)
    if (!next) return placeOf(text, at)
    expected = next
  }
}

/** @returns what may follow the token; null when it cannot stand here */
function after(expected: Expected, token: string, isText: boolean, closers: string[]): Expected | null {
  const onValue = (): Expected => (closers.length === 0 ? 'nothing' : ', or end')
  if (expected === ':') return token === ':' ? 'value' : null
  if (expected === 'nothing') return null
  if (token === closers.at(-1) && (expected === ', or end' || expected.endsWith(` or ${token}`))) {
    closers.pop()
    return onValue()
  }
  if (expected === ', or end') return token === ',' ? (closers.at(-1) === '}' ? 'key' : 'value') : null
  if (expected.startsWith('key')) return isText ? ':' : null
  if (token === '{' || token === '[') {
    closers.push(token === '{' ? '}' : ']')
    return token === '{' ? 'key or }' : 'value or ]'
  }
  return /^[\]},:]$/.test(token) ? null : onValue()
}

function placeOf(text: string, afterToken: number): { row: number; col: number } {
  WHITE_SPACE.lastIndex = afterToken
  WHITE_SPACE.exec(text)
  const before = text.slice(0, WHITE_SPACE.lastIndex).split('\n')
  return { row: before.length, col: (before.at(-1) ?? '').length + 1 }
}
