import { JSONPathEnvironment, type JSONPathQuery } from 'json-p3'
import { createContext, Script } from 'node:vm'
import type { JsonValue } from '../../../../shared/model/json.ts'

/** A path into JSON, read once. */
export interface JsonPath {
  /** At most one value can match: only names and indices. */
  isSingular: boolean
  /** @throws Error when it takes too long, or the value is nested too deeply for `..` */
  find(value: JsonValue): JsonValue[]
}

/** A plain query, or a key that the document itself says: `[(@.name)]`. */
interface Step {
  query: JSONPathQuery
  scriptOf: '@' | '$' | null
}

/** As deep as an event may be. */
const MAX_DEPTH = 500

/**
 * A filter may compare everything with everything, and its regular expressions backtrack; this runs in the engine's thread.
 * A plain path takes microseconds.
 */
const TIMEOUT_MS = 250

const environment = new JSONPathEnvironment({ maxRecursionDepth: MAX_DEPTH })

/**
 * Reads RFC 9535 and what else AlertChain's JSONPath takes (`behaviour/alertchain.md` §3): a bare `choices[0].message`, `@` for
 * `$`, white space round it, and a key by script, `names[(@.first)]`. Its arithmetic and other operators are no path.
 * @throws Error that says what is wrong with it
 */
export function parseJsonPath(text: string): JsonPath {
  const steps = stepsOf(rooted(text.trim()))
  const isSingular = steps.every(({ query }) => query.singularQuery())
  const find = (value: JsonValue): JsonValue[] => follow(steps, value)
  return { isSingular, find: isSingular ? find : (value) => within(TIMEOUT_MS, () => find(value)) }
}

function rooted(path: string): string {
  if (path.startsWith('$')) return path
  if (path.startsWith('@')) return `$${path.slice(1)}`
  return /^[.[]/.test(path) ? `$${path}` : `$.${path}`
}

/** Outside of quotes; RFC 9535 has no such name, json-p3 takes it, and AlertChain subtracts. */
const HYPHEN = /\.\s*([A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*-[\w\u0080-\uFFFF-]*)/
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g

function stepsOf(path: string): Step[] {
  // Same length, so that places stay: what is in quotes has no brackets and no hyphens.
  const bare = path.replaceAll(QUOTED, (text) => '"'.repeat(text.length))
  const hyphen = HYPHEN.exec(bare)
  if (hyphen) throw new Error(`a name with a hyphen is quoted: ["${hyphen[1]}"]`)
  const start = bare.indexOf('[(')
  if (start < 0) return [{ query: environment.compile(path), scriptOf: null }]
  const end = bare.indexOf(')]', start)
  const script = path.slice(start + 2, end < 0 ? undefined : end).trim()
  const scriptOf = script.startsWith('@') ? '@' : '$'
  const key = environment.compile(rooted(script))
  if (end < 0 || !/^[@$]/.test(script) || !key.singularQuery()) {
    throw new Error('a key by script is one path: [(@.name)]')
  }
  const rest = path.slice(end + 2)
  return [
    { query: environment.compile(path.slice(0, start)), scriptOf: null },
    { query: key, scriptOf },
    ...(rest === '' ? [] : stepsOf(`$${rest}`)),
  ]
}

function follow(steps: readonly Step[], root: JsonValue): JsonValue[] {
  let values: JsonValue[] = [root]
  for (const { query, scriptOf } of steps) {
    values = values.flatMap((value) => {
      const found = query.query(scriptOf === '$' ? root : value).values() as JsonValue[] // of a JSON value
      return scriptOf === null ? found : member(value, found[0])
    })
  }
  return values
}

function member(value: JsonValue, key: JsonValue | undefined): JsonValue[] {
  if (Array.isArray(value)) return typeof key === 'number' ? value.slice(key).slice(0, 1) : []
  if (typeof value !== 'object' || value === null || typeof key !== 'string') return []
  return Object.hasOwn(value, key) ? [value[key] ?? null] : []
}

const caller = new Script('work()')
const scope: { work: (() => unknown) | null } = { work: null }
const context = createContext(scope)

/** Nothing but V8's own watchdog ends a regular expression. */
function within<T>(timeoutMs: number, work: () => T): T {
  scope.work = work
  try {
    return caller.runInContext(context, { timeout: timeoutMs }) as T // what `work` gives
  } finally {
    scope.work = null
  }
}
