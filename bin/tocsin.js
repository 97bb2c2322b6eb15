#!/usr/bin/env node
// Starts `tocsin` under the project's own Node, whatever Node (>= 20) runs this file; builds first what is out of date.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { buildWhenStale } from '../scripts/lib/build.mjs'
import { endWithNpm } from '../scripts/lib/parent.mjs'
import { projectNode, ROOT, WASM_FLAGS } from '../scripts/lib/project.mjs'
import { becomeNode } from '../scripts/lib/relay.mjs'

const cli = join(ROOT, 'out', 'main', 'cli.js')

/** @returns the Node to use, once there is something to run with it */
async function readyToRun() {
  try {
    const node = projectNode()
    await buildWhenStale(node)
    return node
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

endWithNpm()
const node = await readyToRun()
if (realpathSync(process.execPath) === realpathSync(node)) {
  for (const flag of WASM_FLAGS) setFlagsFromString(flag)
  await import(pathToFileURL(cli).href)
} else becomeNode(node, [...WASM_FLAGS, cli, ...process.argv.slice(2)])
