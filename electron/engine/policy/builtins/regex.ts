import { RE2JS } from 're2js'
import { integerOperand, NeedsFullEvaluator, stringOperand, type Builtin } from './builtin.ts'

/** As many as OPA keeps. */
const MAX_PATTERNS = 100
const patterns = new Map<string, RE2JS>()

/** A pattern in RE2's syntax; what re2js does not take, Go may (or may say why not). */
function compile(pattern: string): RE2JS {
  const known = patterns.get(pattern)
  if (known) return known
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    throw new NeedsFullEvaluator(String(error))
  }
  for (const oldest of patterns.keys()) {
    if (patterns.size < MAX_PATTERNS) break
    patterns.delete(oldest)
  }
  patterns.set(pattern, compiled)
  return compiled
}

interface Match {
  start: number
  end: number
  /** Group 0 is the whole match; undefined: it took no part. */
  groups: (string | undefined)[]
}

/** All matches as Go's `FindAll…`: an empty match right after another one does not count. */
function findAll(regex: RE2JS, text: string, limit: number): Match[] {
  const matcher = regex.matcher(text)
  const found: Match[] = []
  let at = 0
  let previousEnd = -1
  while (found.length < limit && at <= text.length && matcher.find(at)) {
    const start = matcher.start()
    const end = matcher.end()
    const isAccepted = end !== at || start !== previousEnd
    at = end === at ? at + characterLength(text, at) : end
    previousEnd = end
    if (!isAccepted) continue
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined)
    found.push({ start, end, groups })
  }
  return found
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}

const split: Builtin = (_context, pattern, value) => {
  const expression = stringOperand(pattern)
  const text = stringOperand(value)
  const regex = compile(expression)
  if (expression !== '' && text === '') return ['']
  const parts: string[] = []
  let begin = 0
  let end = 0
  for (const match of findAll(regex, text, Infinity)) {
    end = match.start
    if (match.end !== 0) parts.push(text.slice(begin, end))
    begin = match.end
  }
  if (end !== text.length) parts.push(text.slice(begin))
  return parts
}

const findN: Builtin = (_context, pattern, value, count) => {
  const regex = compile(stringOperand(pattern))
  const text = stringOperand(value)
  const n = integerOperand(count)
  return findAll(regex, text, n < 0n ? Infinity : Number(n)).map(({ groups }) => groups[0] ?? '')
}

const replace: Builtin = (_context, value, pattern, template) => {
  const text = stringOperand(value)
  const regex = compile(stringOperand(pattern))
  const parts = parseTemplate(stringOperand(template))
  let result = ''
  let begin = 0
  for (const match of findAll(regex, text, Infinity)) {
    result += text.slice(begin, match.start) + expand(parts, match, regex.namedGroups())
    begin = match.end
  }
  return result + text.slice(begin)
}

/** A piece of a template: text as it is, or a group's number or name. */
type Piece = { text: string } | { group: string }

/** `$1`, `${1}`, `$name`, `${name}`, `$$`; the longest name counts, and a `$` without one stands for itself. */
function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of template.matchAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    pieces.push({ text: template.slice(at, match.index) })
    const group = match[1] ?? match[2]
    pieces.push(group === undefined ? { text: '$' } : { group })
    at = match.index + match[0].length
  }
  pieces.push({ text: template.slice(at) })
  return pieces
}

function expand(pieces: Piece[], match: Match, names: Record<string, number>): string {
  return pieces
    .map((piece) => {
      if ('text' in piece) return piece.text
      const index = /^(0|[1-9]\d*)$/.test(piece.group) ? Number(piece.group) : (names[piece.group] ?? -1)
      return match.groups[index] ?? ''
    })
    .join('')
}

export const regexBuiltins: Record<string, Builtin> = {
  'regex.replace': replace,
  'regex.find_n': findN,
  'regex.split': split,
}
