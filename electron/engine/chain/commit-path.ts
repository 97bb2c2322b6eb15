import { compile, type JSONPathQuery } from 'json-p3'
import { TocsinError, errorMessage } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { CommitSpec } from './records.ts'

const COMPILED_LIMIT = 500
const compiled = new Map<string, JSONPathQuery>()

/** Go's JSONPath also takes a bare `choices[0].message.content`; RFC 9535 wants `$.` before it. */
function query(path: string): JSONPathQuery {
  const known = compiled.get(path)
  if (known) return known
  const text = /^[$@]/.test(path) ? path.replace(/^@/, '$') : path.startsWith('[') ? `$${path}` : `$.${path}`
  let made: JSONPathQuery
  try {
    made = compile(text)
  } catch (error) {
    throw new TocsinError(
      'commit_path',
      `The commit path ${JSON.stringify(path)} is not a JSONPath: ${errorMessage(error)}`,
    )
  }
  if (compiled.size >= COMPILED_LIMIT) compiled.clear()
  compiled.set(path, made)
  return made
}

/** @throws TocsinError `commit_path` when a path has a syntax error: seen before the action runs, not after */
export function checkCommitPaths(commits: readonly CommitSpec[]): void {
  for (const commit of commits) if (commit.path !== '') query(commit.path)
}

/**
 * The attributes that an executed action leaves behind. A path that does not match, or that has no result to look into,
 * takes `value`; without a `value` nothing is stored (the rule that AlertChain documents).
 * @param result the action's result; null when it had none or failed with `force`
 * @returns commits whose `value` is what will be stored
 */
export function resolveCommits(commits: readonly CommitSpec[], result: JsonValue): CommitSpec[] {
  return commits.flatMap((commit) => {
    const value = commit.path === '' ? undefined : lookUp(commit.path, result)
    if (value !== undefined) return [{ ...commit, value }]
    return commit.value === null ? [] : [commit]
  })
}

/** One value for a singular path, a list for any other; undefined when nothing matches or it cannot be followed. */
function lookUp(path: string, result: JsonValue): JsonValue | undefined {
  if (result === null) return undefined
  const parsed = query(path)
  try {
    const values = parsed.query(result).values() as JsonValue[]
    return parsed.singularQuery() ? values[0] : values
  } catch {
    // Too deep to look into. The effect has happened: its outcome must not be lost over what is made of its result.
    return undefined
  }
}
