// `npm start`: installs and builds what is missing or out of date, then opens the desk. Arguments go to `tocsin desk`.
import { fetchElectron, noWindowReason } from './lib/electron-binary.mjs'
import { prepare } from './lib/install.mjs'
import { say } from './lib/run.mjs'

/** The host asked for by `--host X` or `--host=X` (the last one counts), else by TOCSIN_HOST, else `auto`. */
function wantedHost(args) {
  const joined = args.findLast((argument) => argument.startsWith('--host='))
  if (joined !== undefined) return joined.slice('--host='.length)
  const at = args.lastIndexOf('--host')
  return at === -1 ? (process.env.TOCSIN_HOST ?? 'auto') : args[at + 1]
}

/** Chromium refuses to start its sandbox as root on Linux, and the desk does not run without it. */
function rootReason() {
  const isRoot = process.platform === 'linux' && process.getuid() === 0
  return isRoot ? 'Electron does not run as root with its sandbox' : undefined
}

/** @returns the arguments of `tocsin desk`, with the browser host where Electron is wanted and cannot be had */
async function deskArguments(given) {
  const host = wantedHost(given)
  if (host !== 'auto' && host !== 'electron') return given
  const reason = noWindowReason() ?? rootReason() ?? (await fetchElectron())
  if (reason === undefined) return given
  if (host === 'electron') throw new Error(`Electron cannot be used here: ${reason}.`)
  say(`Opening the desk in the browser instead of Electron: ${reason}.`)
  return [...given, '--host', 'browser']
}

if (await prepare(import.meta.url)) {
  try {
    process.argv.splice(2, Infinity, 'desk', ...(await deskArguments(process.argv.slice(2))))
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
  // Not a child: one process less between the terminal and the desk.
  await import('../bin/tocsin.js')
}
