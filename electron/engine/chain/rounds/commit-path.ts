import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { parseJsonPath, type JsonPath } from './json-path.ts'
import type { CommitSpec } from '../records/records.ts'

const PARSED_LIMIT = 500
const parsed = new Map<string, JsonPath>()

function pathOf(text: string): JsonPath {
  const known = parsed.get(text)
  if (known) return known
  const path = parseJsonPath(text)
  if (parsed.size >= PARSED_LIMIT) parsed.clear()
  parsed.set(text, path)
  return path
}

/**
 * What is wrong with a commit whatever the result is: seen before the action runs, not after.
 * @throws TocsinError `commit_path` (a path with a syntax error), `commit_empty` (neither a path nor a value)
 */
export function checkCommits(commits: readonly CommitSpec[]): void {
  for (const { key, path, value } of commits) {
    if (path === '' && value === null) {
      const message = `The commit of ${JSON.stringify(key)} has neither a path nor a value: give it one of both`
      throw new TocsinError('commit_empty', message)
    }
    try {
      if (path !== '') pathOf(path)
    } catch (error) {
      const message = `The commit path ${JSON.stringify(path)} is not a JSONPath: ${errorMessage(error)}`
      throw new TocsinError('commit_path', message)
    }
  }
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

/** One value for a plain path, a list for any other; undefined when nothing matches or it cannot be followed. */
function lookUp(text: string, result: JsonValue): JsonValue | undefined {
  if (result === null) return undefined
  try {
    const path = pathOf(text)
    const values = path.find(result)
    return path.isSingular ? values[0] : values
  } catch {
    // No path, too deep, or too long to look into. The effect has happened, or was forced: its outcome must not be lost
    // over what is made of its result.
    return undefined
  }
}
