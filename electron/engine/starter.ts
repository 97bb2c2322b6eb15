import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Shown beside the starter workspace; copied into it, they would be live. */
const NOT_COPIED = 'examples'

/**
 * Fills the workspace of a first start. A folder that holds anything is left as it is.
 * @returns whether it was filled
 */
export function fillWorkspace(workspace: string, starter: string): boolean {
  if (existsSync(workspace) && readdirSync(workspace).length > 0) return false
  mkdirSync(workspace, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(starter)) {
    if (name !== NOT_COPIED) cpSync(join(starter, name), join(workspace, name), { recursive: true })
  }
  return true
}
