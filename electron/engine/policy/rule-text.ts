/**
 * Finds the parts of one rule in its source text, as far as `explain` needs them. Reads tokens only; the tool chain has
 * parsed and accepted the text before.
 */
export interface RuleParts {
  /** The expression of the element: `res` of `run[res] {`, `{"id": 1}` of `run contains {"id": 1} if`. '' when there is none. */
  element: string
  /** Offset of what follows the head: the body's opening brace, or its first expression without braces. -1: no body. */
  bodyStart: number
  isBraced: boolean
  /** Offset after the rule's last character: the body's closing brace, or the end of its only expression. */
  end: number
}

const OPENING = '([{'
const CLOSING = ')]}'

/** The offset after a string, raw string or comment that starts at `at`; `at` itself when none does. */
function skipQuoted(text: string, at: number): number {
  const character = text[at]
  if (character === '#') {
    const end = text.indexOf('\n', at)
    return end < 0 ? text.length : end
  }
  if (character === '`') {
    const end = text.indexOf('`', at + 1)
    return end < 0 ? text.length : end + 1
  }
  if (character !== '"') return at
  let i = at + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}

/** The offset after the bracket that closes the one at `at`. */
function closingAfter(text: string, at: number): number {
  let depth = 0
  let i = at
  while (i < text.length) {
    const skipped = skipQuoted(text, i)
    if (skipped > i) {
      i = skipped
      continue
    }
    const character = text[i] ?? ''
    if (OPENING.includes(character)) depth++
    if (CLOSING.includes(character)) depth--
    i++
    if (depth === 0) return i
  }
  return text.length
}

/** The offset of the first of `words` at bracket depth 0, and the word; -1 when there is none before `until`. */
function findWord(text: string, from: number, until: number, words: readonly string[]): { at: number; word: string } {
  let i = from
  while (i < until) {
    const skipped = skipQuoted(text, i)
    if (skipped > i) {
      i = skipped
      continue
    }
    const word = words.find((one) => isWordAt(text, i, one))
    if (word !== undefined) return { at: i, word }
    i = OPENING.includes(text[i] ?? '') ? closingAfter(text, i) : i + 1
  }
  return { at: -1, word: '' }
}

function isWordAt(text: string, at: number, word: string): boolean {
  if (!text.startsWith(word, at)) return false
  if (word === '{') return true
  return !/[\w.]/.test(text[at - 1] ?? ' ') && !/\w/.test(text[at + word.length] ?? ' ')
}

/**
 * @param text the whole file
 * @param start offset of the rule's first character
 * @param until offset of the end of the rule's last row
 */
export function ruleParts(text: string, start: number, until: number): RuleParts {
  const nameEnd = start + (/^[\w.]+/.exec(text.slice(start, until))?.[0].length ?? 0)
  const head = elementOf(text, nameEnd, until)
  if (head.isBraceNext) {
    const bodyStart = text.indexOf('{', head.end)
    return { element: head.element, bodyStart, isBraced: true, end: closingAfter(text, bodyStart) }
  }
  const found = findWord(text, head.end, until, ['if'])
  if (found.at < 0) {
    const end = trimmedEnd(text, head.end, until)
    return { element: head.element, bodyStart: -1, isBraced: false, end: Math.max(end, head.end) }
  }
  const bodyStart = found.at + 2 + (/^\s*/.exec(text.slice(found.at + 2))?.[0].length ?? 0)
  const isBraced = text[bodyStart] === '{' && closingAfter(text, bodyStart) >= trimmedEnd(text, bodyStart, until)
  return { element: head.element, bodyStart, isBraced, end: isBraced ? closingAfter(text, bodyStart) : until }
}

/** The end of the row's text without a comment and white space behind it. */
function trimmedEnd(text: string, from: number, until: number): number {
  let last = from
  for (let i = from; i < until;) {
    if (text[i] === '#') i = skipQuoted(text, i)
    else {
      const next = Math.max(skipQuoted(text, i), i + 1)
      if (!/\s/.test(text[i] ?? ' ')) last = next
      i = next
    }
  }
  return last
}

function elementOf(text: string, at: number, until: number): { element: string; end: number; isBraceNext: boolean } {
  if (text[at] === '[') {
    const end = closingAfter(text, at)
    return { element: text.slice(at + 1, end - 1), end, isBraceNext: /^\s*\{/.test(text.slice(end, until)) }
  }
  const contains = /^\s+contains\b/.exec(text.slice(at, until))
  if (!contains) return { element: '', end: at, isBraceNext: /^\s*\{/.test(text.slice(at, until)) }
  const from = at + contains[0].length
  const next = findWord(text, from, until, ['if'])
  const end = next.at < 0 ? trimmedEnd(text, from, until) : next.at
  return { element: text.slice(from, end), end, isBraceNext: false }
}

/** The statements of a rule's body, without comments, each on one line. */
export function statements(text: string, parts: RuleParts): string[] {
  if (parts.bodyStart < 0) return []
  const from = parts.isBraced ? parts.bodyStart + 1 : parts.bodyStart
  const until = parts.isBraced ? parts.end - 1 : parts.end
  const found: string[] = []
  let current = ''
  for (let i = from; i < until;) {
    const character = text[i] ?? ''
    const quoted = skipQuoted(text, i)
    const next = Math.min(OPENING.includes(character) ? closingAfter(text, i) : Math.max(quoted, i + 1), until)
    const ends = character === ';' || (character === '\n' && !/(?:[-+*/%|&=<>,]|\b(?:in|with|as))\s*$/.test(current))
    if (ends) {
      found.push(current)
      current = ''
    } else if (character !== '#') current += text.slice(i, next)
    i = next
  }
  return [...found, current].map((one) => one.trim().replace(/\s+/g, ' ')).filter((one) => one !== '')
}

/** Words that are no values. */
const KEYWORDS = new Set(
  'not some in every with as if else true false null contains default import package set input data'.split(' '),
)
const REFERENCE = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\["[^"\\]*"\]|\[[A-Za-z_]\w*\]|\[\d+\])*/y

/** The references of an expression whose values say why it held: `f.Severity`, `input.alert.source`; no calls. */
export function referencesIn(expression: string): string[] {
  const found = new Set<string>()
  let i = 0
  while (i < expression.length) {
    const skipped = skipQuoted(expression, i)
    if (skipped > i) {
      i = skipped
      continue
    }
    REFERENCE.lastIndex = i
    const reference = REFERENCE.exec(expression)?.[0]
    if (reference === undefined) {
      i += /\d/.test(expression[i] ?? '') ? (/^[\w.]+/.exec(expression.slice(i))?.[0].length ?? 1) : 1
      continue
    }
    i += reference.length
    // A name before a parenthesis is called; `[_]` stands for many values.
    const isValue = expression[i] !== '(' && expression[i] !== '[' && !reference.includes('[_]')
    if (isValue && reference !== '_' && !KEYWORDS.has(reference)) found.add(reference)
  }
  return [...found]
}
