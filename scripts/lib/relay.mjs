import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { endWithNpm } from './parent.mjs'
import { ROOT } from './project.mjs'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']
const RELAY_CHILD = pathToFileURL(join(ROOT, 'scripts/lib/relay-child.mjs')).href

/**
 * Runs a Node program in this process's place: same arguments, streams, process group and signals (each once), and ends
 * with the program's exit status, or by the signal that ended it.
 * @param node path of the Node executable
 * @param args its arguments, the script first
 */
export function becomeNode(node, args) {
  const child = spawn(node, ['--import', RELAY_CHILD, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of SIGNALS) {
    let count = 0
    onSignal(signal, () => {
      count += 1
      if (child.connected) child.send({ signal, count }, () => {})
    })
  }
  endWithNpm()
  child.on('error', (error) => {
    process.stderr.write(`Could not start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function onSignal(signal, listener) {
  try {
    process.on(signal, listener)
  } catch {
    // Windows knows only some of them.
  }
}
