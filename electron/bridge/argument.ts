/** Far more than the largest honest argument (a secret of 64 kB, edited arguments of an action). */
export const MAX_ARGUMENT_BYTES = 1_048_576

/** Deeper than any form of ours; a cycle ends here. */
const MAX_DEPTH = 64

/** What a value costs beside its text, roughly. */
const NODE_BYTES = 8

/**
 * A cheap look at a value from outside before a schema walks it: a JSON object (no class, no cycle) of bounded size.
 * @returns what is wrong, or null
 */
export function argumentProblem(value: unknown): 'bad_argument' | 'argument_too_large' | null {
  if (!isPlainObject(value)) return 'bad_argument'
  let size = 0
  let isJson = true
  const visit = (item: unknown, depth: number): void => {
    size += typeof item === 'string' ? item.length : NODE_BYTES
    if (typeof item !== 'object' || item === null || !isJson || size > MAX_ARGUMENT_BYTES) return
    isJson = depth < MAX_DEPTH && (Array.isArray(item) || isPlainObject(item))
    for (const [key, child] of isJson ? Object.entries(item) : []) {
      size += key.length
      visit(child, depth + 1)
    }
  }
  visit(value, 0)
  if (size > MAX_ARGUMENT_BYTES) return 'argument_too_large'
  return isJson ? null : 'bad_argument'
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
