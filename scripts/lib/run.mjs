import { spawn } from 'node:child_process'
import { ROOT, ownNode } from './project.mjs'
import { delimiter, dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** After so long without a sign of life a person wonders whether it hangs. */
const SILENCE_MS = 2_000

/** Enough of a failed command's output to see why; vitest's and tsc's reports are the longest. */
const KEPT_OUTPUT = 200_000

/** Prints a line of progress. On stderr: stdout belongs to what is started (`tocsin desk` has its ready line there). */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** @returns `12.3 s` */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

/**
 * Says every two seconds that something is still going on.
 * @param what words for what is being done
 * @param detail what it last said, if anything
 * @returns stops it
 */
export function heartbeat(what, detail = () => '') {
  const start = Date.now()
  const timer = setInterval(() => {
    const last = detail()
    say(`  … ${what} (${Math.round((Date.now() - start) / 1000)} s)${last ? `: ${last}` : ''}`)
  }, SILENCE_MS)
  return () => clearInterval(timer)
}

/**
 * Runs a command to its end with progress lines, its output kept.
 * @param what words for what is being done
 * @param options `cwd`, `env` (added to the process's own), `timeoutMs`, `shell`
 * @returns `{ok, code, output, timedOut}`; never throws for a command that fails or cannot be started
 */
export function run(what, command, args, options = {}) {
  return new Promise((done) => {
    let output = ''
    let timedOut = false
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: options.shell ?? false,
    })
    const stop = heartbeat(what, () => lastLine(output))
    const timer = options.timeoutMs && setTimeout(() => ((timedOut = true), child.kill('SIGKILL')), options.timeoutMs)
    const finish = (code) => {
      stop()
      clearTimeout(timer)
      done({ ok: code === 0, code, output: stripVTControlCharacters(output), timedOut })
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-KEPT_OUTPUT)))
    }
    child.on('error', (error) => {
      output += error.message
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 1))
  })
}

/** Runs npm itself: the one that started us, else the one on the PATH. Answers as `run`. */
export function npm(what, args, options = {}) {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js')) return run(what, process.execPath, [script, ...args], options)
  return run(what, 'npm', args, { ...options, shell: process.platform === 'win32' })
}

function environment(extra) {
  const node = ownNode()
  const path = [join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? '']
  if (node !== undefined) path.unshift(dirname(node))
  return { ...process.env, PATH: path.join(delimiter), ...extra }
}

function lastLine(output) {
  return stripVTControlCharacters(output.slice(-600)).trimEnd().split('\n').at(-1).trim().slice(0, 100)
}
