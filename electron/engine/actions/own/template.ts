import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'

/** Text, and names whose values come into it. */
export type Template = readonly (string | { name: string })[]

const PLACE = /\{\{|\}\}|\{([a-z][a-z0-9_.]*)\}|[{}]/g

/**
 * Reads `text {name} text`; `{{` and `}}` are braces.
 * @throws Error that says what is wrong
 */
export function parseTemplate(text: string): Template {
  const parts: (string | { name: string })[] = []
  let from = 0
  let plain = ''
  for (const { 0: found, 1: name, index } of text.matchAll(PLACE)) {
    plain += text.slice(from, index)
    from = index + found.length
    if (found === '{{' || found === '}}') plain += found.charAt(0)
    else if (name === undefined) throw new Error(`has a lone ${found} (write ${found}${found} for the sign itself)`)
    else {
      parts.push(plain, { name })
      plain = ''
    }
  }
  return [...parts, plain + text.slice(from)].filter((part) => part !== '')
}

/** @returns the names in a template, or in all texts of a JSON value */
export function namesIn(value: JsonValue): string[] {
  if (typeof value === 'string')
    return parseTemplate(value).flatMap((part) => (typeof part === 'string' ? [] : part.name))
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(namesIn)
}

/** @returns the text with each value as it is; what is absent leaves nothing */
export function fillText(text: string, values: JsonObject): string {
  return parseTemplate(text)
    .map((part) => (typeof part === 'string' ? part : textOf(values[part.name])))
    .join('')
}

/**
 * Puts each value percent-encoded into its place: it is one piece of the path or query there, whatever stands in it.
 * @throws TocsinError `invalid_args` where it would lead elsewhere all the same (a path of `.` or `..`, an empty one)
 */
export function fillUrl(text: string, values: JsonObject): string {
  const filled = parseTemplate(text)
    .map((part) => (typeof part === 'string' ? part : encodeURIComponent(textOf(values[part.name]).toWellFormed())))
    .join('')
  const url = URL.parse(filled)
  // What the parser would have to change (`..`, `%2e`) leads elsewhere than it reads; so does an empty piece of the path.
  if (url?.href === filled && !url.pathname.includes('//') && !isCutShort(text, url)) return filled
  throw new TocsinError('invalid_args', `The arguments make no address of their own of ${text}.`)
}

/** Whether a value at the very end of the path was empty, so that the address is that of the whole collection. */
function isCutShort(text: string, { pathname }: URL): boolean {
  const path = text.split(/[?#]/)[0] ?? ''
  return path.endsWith('}') && pathname.endsWith('/')
}

/**
 * Fills all texts of a JSON value. A text that is one name alone becomes the value itself with its type; where that is absent,
 * so is the member or element.
 */
export function fillJson(value: JsonValue, values: JsonObject): JsonValue | undefined {
  if (typeof value === 'string') {
    const [only, ...others] = parseTemplate(value)
    return typeof only === 'object' && others.length === 0 ? values[only.name] : fillText(value, values)
  }
  if (Array.isArray(value)) return value.map((one) => fillJson(one, values)).filter((one) => one !== undefined)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, fillJson(member, values)] as const)
  return Object.fromEntries(members.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined))
}

/** As `fillJson`, of an object. */
export function fillObject(value: JsonObject, values: JsonObject): JsonObject {
  return fillJson(value, values) as JsonObject // an object stays one
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
