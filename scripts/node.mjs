// Runs a script of the project under its own Node: `node scripts/node.mjs <script> [arguments]`.
import { join } from 'node:path'
import { installMissing } from './lib/install.mjs'
import { projectNode, ROOT } from './lib/project.mjs'
import { becomeNode } from './lib/relay.mjs'

try {
  await installMissing()
  const [script, ...args] = process.argv.slice(2)
  becomeNode(projectNode(), [join(ROOT, script), ...args])
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
