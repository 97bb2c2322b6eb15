import type { JsonValue } from '../../../shared/model/json.ts'

/** The values that references had when the rule held; undefined where they had none. */
export type Values = ReadonlyMap<string, JsonValue | undefined>

/** Longer values would drown the sentence. */
const MAX_LENGTH = 60

/** A value in words: scalars and short lists; null for what is too long to read. */
export function valueText(value: JsonValue | undefined): string | null {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_LENGTH || (typeof value === 'object' && value !== null && !Array.isArray(value))
    ? null
    : text
}

const OPERATORS: Record<string, string> = {
  '==': 'is',
  '=': 'is',
  '!=': 'is not',
  '>': '>',
  '<': '<',
  '>=': '≥',
  '<=': '≤',
}

/** Built-ins that read as "a … b"; the order of their operands in the sentence. */
const CALLS: Record<string, { words: string; subject: 0 | 1 }> = {
  startswith: { words: 'starts with', subject: 0 },
  endswith: { words: 'ends with', subject: 0 },
  contains: { words: 'contains', subject: 0 },
  'regex.match': { words: 'matches', subject: 1 },
  re_match: { words: 'matches', subject: 1 },
  'glob.match': { words: 'matches', subject: 1 },
  'net.cidr_contains': { words: 'is in', subject: 1 },
  'object.get': { words: 'has', subject: 0 },
}

/**
 * One condition in words: `f.Severity > 7` with 8 is "severity 8 > 7".
 * @returns null for what is no condition (`f := input.Findings[_]`, `some x`)
 */
export function phrase(expression: string, values: Values): string | null {
  const text = expression.trim().replace(/\s+/g, ' ')
  if (/^(some\b(?!.*\bin\b)|print\()/.test(text) || /^[\w[\], ]+:=/.test(text)) return null
  if (text.startsWith('not ')) {
    const inner = phrase(text.slice(4), values)
    return inner === null ? null : `not: ${inner}`
  }
  if (text.startsWith('some ')) return text.replace(/^some /, '').replace(' in ', ' is one of ')
  return callPhrase(text, values) ?? comparisonPhrase(text, values) ?? plainPhrase(text, values)
}

function callPhrase(text: string, values: Values): string | null {
  const match = /^([\w.]+)\((.*)\)$/.exec(text)
  const call = match?.[1] === undefined ? undefined : CALLS[match[1]]
  if (!match || !call) return null
  const operands = splitTop(match[2] ?? '', ',')
  const subject = operands[call.subject]
  const object = operands[1 - call.subject]
  if (subject === undefined || object === undefined || operands.length !== 2) return null
  const value = call.words === 'is in' ? named(subject, values) : label(subject)
  return `${value} ${call.words} ${bare(object, values)}`
}

function comparisonPhrase(text: string, values: Values): string | null {
  for (const operator of ['==', '!=', '>=', '<=', '>', '<', '=']) {
    const [left, right, ...more] = splitTop(text, operator)
    if (left === undefined || right === undefined || more.length > 0) continue
    // A variable that is only bound by `=` is no condition.
    if (operator === '=' && /^\w+$/.test(left) && !values.has(left)) return null
    const isPlain = operator === '==' || operator === '='
    const [subject, object] = isLiteral(left) ? [right, left] : [left, right]
    const turned = isLiteral(left) ? (TURNED[operator] ?? operator) : operator
    const words = OPERATORS[turned] ?? turned
    return `${isPlain ? label(subject) : named(subject, values)} ${words} ${bare(object, values)}`
  }
  return null
}

const TURNED: Record<string, string> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=' }

function plainPhrase(text: string, values: Values): string {
  const value = valueText(values.get(text))
  return value === null || value === 'true' ? label(text) : `${label(text)} ${value}`
}

function isLiteral(text: string): boolean {
  return /^("|-?\d|true$|false$|null$)/.test(text)
}

/** The last word of a reference, in words: `f.EventFirstSeen` → "event first seen". */
function label(text: string): string {
  if (!/^[A-Za-z_][\w.["\]]*$/.test(text)) return text
  const last = text.split(/[.[\]"]+/).findLast((part) => part !== '') ?? text
  return last
    .replace(/_/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
}

/** "severity 8": what it is called and what it was. */
function named(text: string, values: Values): string {
  const value = isLiteral(text) ? null : valueText(values.get(text))
  return value === null ? bare(text, values) : `${label(text)} ${value}`
}

/** The value alone: a literal without quotes, or what a reference had. */
function bare(text: string, values: Values): string {
  if (text.startsWith('"')) return literalText(text)
  return valueText(values.get(text)) ?? text
}

function literalText(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

/** Splits at a separator outside strings and brackets. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? ''
    if (character === '"') {
      i++
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
    } else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    else if (depth === 0 && text.startsWith(separator, i)) {
      parts.push(text.slice(from, i).trim())
      i += separator.length - 1
      from = i + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}
