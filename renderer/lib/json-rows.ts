import type { JsonValue } from '../../shared/model/json.ts'

/** Children of one node that are listed before *Show more*. */
const FIRST_CHILDREN = 100

/** One line of the tree. */
export interface JsonRow {
  /** RFC 9535 path, also the row's identity */
  path: string
  key: string | null
  depth: number
  kind: 'leaf' | 'branch' | 'more'
  /** What stands after the key: the value, or the number of children */
  text: string
  type: 'string' | 'number' | 'other'
  isOpen: boolean
  value: JsonValue
}

function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${path}.${key}`
  return `${path}['${key.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}']`
}

function leafText(value: JsonValue): Pick<JsonRow, 'text' | 'type'> {
  if (typeof value === 'string') return { text: JSON.stringify(value), type: 'string' }
  if (typeof value === 'number') return { text: String(value), type: 'number' }
  return { text: JSON.stringify(value), type: 'other' }
}

/** A string that is itself the text of an object or a list: what that text says. */
function jsonTextOf(value: JsonValue): JsonValue | undefined {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return undefined
  try {
    const said = JSON.parse(value) as JsonValue
    return Object.keys(said ?? {}).length > 0 ? said : undefined
  } catch {
    return undefined
  }
}

function childrenOf(value: JsonValue): [string | number, JsonValue][] | null {
  if (Array.isArray(value)) return value.map((child, index) => [index, child])
  if (value !== null && typeof value === 'object') return Object.entries(value)
  return null
}

export interface JsonRowsOptions {
  /** Paths whose default (open down to `openDepth`) is turned round */
  toggled: ReadonlySet<string>
  /** Paths whose children are all listed */
  whole: ReadonlySet<string>
  openDepth: number
}

/** The visible lines of a JSON value, in order. */
export function jsonRows(root: JsonValue, { toggled, whole, openDepth }: JsonRowsOptions): JsonRow[] {
  const rows: JsonRow[] = []
  const visit = (found: JsonValue, key: string | null, place: string, depth: number): void => {
    const said = jsonTextOf(found)
    const value = said ?? found
    // A path ends at a text; what the text says has paths of its own.
    const path = said === undefined ? place : `${place} | $`
    const children = childrenOf(value)
    if (!children || children.length === 0) {
      const text = children ? (Array.isArray(value) ? '[]' : '{}') : null
      const shown = text === null ? leafText(value) : { text, type: 'other' as const }
      rows.push({ path, key, depth, kind: 'leaf', isOpen: false, value, ...shown })
      return
    }
    const isOpen = depth < openDepth !== toggled.has(path)
    const size = Array.isArray(value) ? `[${children.length}]` : `{${children.length}}`
    const text = said === undefined ? size : `JSON text ${size}`
    rows.push({ path, key, depth, kind: 'branch', text, type: 'other', isOpen, value })
    if (!isOpen) return
    const listed = whole.has(path) ? children : children.slice(0, FIRST_CHILDREN)
    for (const [childKey, child] of listed) visit(child, String(childKey), childPath(path, childKey), depth + 1)
    if (listed.length < children.length) {
      const rest = `Show ${children.length - listed.length} more`
      rows.push({
        path: `${path} more`,
        key: null,
        depth: depth + 1,
        kind: 'more',
        text: rest,
        type: 'other',
        isOpen: false,
        value: null,
      })
    }
  }
  visit(root, null, '$', 0)
  return rows
}
