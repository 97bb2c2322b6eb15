#!/usr/bin/env node
// Starts `tocsin` under the project's own Node, whatever Node (>= 20) runs this file; builds first what is out of date.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isBuilt } from '../scripts/lib/freshness.mjs'
import { endWithNpm } from '../scripts/lib/parent.mjs'
import { projectNode, ROOT } from '../scripts/lib/project.mjs'

const cli = join(ROOT, 'out', 'main', 'cli.js')

/** @returns the Node to use, once there is something to run with it */
async function readyToRun() {
  try {
    const node = projectNode()
    if (!isBuilt()) await (await import('../scripts/lib/build.mjs')).buildWhenStale(node)
    return node
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

endWithNpm()
const node = await readyToRun()
if (realpathSync(process.execPath) === realpathSync(node)) await import(pathToFileURL(cli).href)
else (await import('../scripts/lib/relay.mjs')).becomeNode(node, [cli, ...process.argv.slice(2)])
