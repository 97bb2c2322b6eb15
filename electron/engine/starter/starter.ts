import { constants, copyFileSync, chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Shown beside the starter workspace; copied into it, they would be live. */
const NOT_COPIED = 'examples'

/** Read and write for the owner, whatever the modes of the program's own files are; a script stays one. */
const FILE_MODE = 0o600
const OWNER_EXECUTES = 0o100

/**
 * Fills the workspace of a first start. A folder that holds anything is left as it is.
 * @returns whether it was filled
 */
export function fillWorkspace(workspace: string, starter: string): boolean {
  if (existsSync(workspace) && readdirSync(workspace).length > 0) return false
  copyFolder(starter, workspace, NOT_COPIED)
  return true
}

function copyFolder(from: string, to: string, except: string | null): void {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      if (entry.name !== except) copyFolder(source, target, null)
      continue
    }
    copyFileSync(source, target, constants.COPYFILE_EXCL)
    chmodSync(target, FILE_MODE | (statSync(source).mode & OWNER_EXECUTES))
  }
}
