import { isInstalled, projectNode, ROOT } from './project.mjs'
import { becomeNode } from './relay.mjs'
import { npm, say } from './run.mjs'
import { existsSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

/**
 * Installs the locked packages where node_modules is not what package-lock.json asks for.
 * @throws Error with npm's own words when that fails
 */
export async function installMissing() {
  if (isInstalled()) return
  const why = existsSync(join(ROOT, 'node_modules')) ? 'package-lock.json has changed' : 'first start'
  say(`Installing packages (${why})`)
  const result = await npm('npm ci', ['ci', '--no-audit', '--no-fund'])
  if (!result.ok) throw new Error(`npm ci failed:\n${result.output.trim()}`)
}

/**
 * For a script's first line: installs what is missing, then goes on under the project's own Node.
 * @param script the script's `import.meta.url`
 * @returns true when this process is to go on; false when another took its place (nothing is left to do here)
 */
export async function prepare(script) {
  try {
    await installMissing()
    return becomeProjectNode(script)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Goes on under the project's own Node, without installing anything. Answers as `prepare`. */
export function becomeProjectNode(script) {
  const node = projectNode()
  if (realpathSync(node) === realpathSync(process.execPath)) return true
  becomeNode(node, [fileURLToPath(script), ...process.argv.slice(2)])
  return false
}
