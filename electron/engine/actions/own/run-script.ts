import { spawn, type ChildProcess } from 'node:child_process'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import { copyScript, type ScriptCopy } from './script-copy.ts'

export interface ScriptRun {
  /** The bytes that are executed. */
  source: string
  /** Of the file: interpreters go by its ending. */
  name: string
  sha256: string
  /** The whole environment. */
  env: Readonly<Record<string, string>>
  /** Goes to stdin as JSON. */
  input: JsonValue
  timeoutMs: number
  maxOutputBytes: number
  signal: AbortSignal
  /** Where the copy that runs is made. */
  folder: string
}

/** Of what a script says on stderr, for the message of a failure. */
const MAX_STDERR = 4096
/** How long a process that left the group may keep the output open after the script has ended. */
const LINGER_MS = 1000
/** A process that another thread is starting may hold the copy open for writing for a moment. */
const BUSY_TRIES = 5

interface Ended {
  status: number | null
  signal: string | null
  stdout: Buffer
  stderr: string
  /** Why it was killed, where it was. */
  killed: 'time' | 'output' | 'stopped' | null
}

/**
 * Executes a script: no shell, an environment of its own, `/` as its folder, a process group of its own that ends with it.
 * @returns what it wrote to stdout, as JSON; null where it wrote nothing
 * @throws TocsinError `script_not_started` and `script_failed` (it says that it did not do it); HttpFailure, as of a request that has
 *   left, where nobody can tell: `script_timed_out`, `script_output`, `script_killed`, `bad_answer`, `stopped`
 */
export async function runScript(run: ScriptRun): Promise<JsonValue> {
  if (process.platform === 'win32')
    throw new TocsinError('script_not_started', 'Scripts run where #! lines do: not on Windows.')
  const copy = await copyScript(run.source, run.name, run.folder)
  try {
    if (copy.sha256 !== run.sha256)
      throw new TocsinError('script_changed', 'The copy of the script is not what was planned: nothing was run.')
    return resultOf(run, await ended(await started(copy, run), run))
  } finally {
    await copy.remove()
  }
}

async function started(copy: ScriptCopy, run: ScriptRun, tries = BUSY_TRIES): Promise<ChildProcess> {
  const child = spawn(copy.path, [], {
    argv0: 'tocsin-script',
    cwd: '/',
    // Node would add this one where it is set for itself.
    env: { NODE_V8_COVERAGE: undefined, ...run.env },
    // A session of its own, and with it a group that can be killed as a whole.
    detached: true,
    shell: false,
    stdio: ['pipe', 'pipe', 'pipe', copy.fd],
  })
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return child
  } catch (error) {
    if (errorCode(error) === 'ETXTBSY' && tries > 0) return started(copy, run, tries - 1)
    throw new TocsinError(
      'script_not_started',
      `The script could not be started (${errorMessage(error)}): look at its first line, and whether the data folder's file system may hold programs.`,
    )
  }
}

async function ended(child: ChildProcess, run: ScriptRun): Promise<Ended> {
  const out: Buffer[] = []
  let [size, stderr, killed]: [number, string, Ended['killed']] = [0, '', null]
  const exit = Promise.withResolvers<{ status: number | null; signal: string | null }>()
  const kill = (why: NonNullable<Ended['killed']>): void => {
    killed ??= why
    killGroup(child)
    // What runs with other rights (sudo) cannot be killed from here: it is not waited for.
    setTimeout(() => exit.resolve({ status: null, signal: null }), LINGER_MS).unref()
  }
  const onAbort = (): void => kill('stopped')
  const timer = setTimeout(() => kill('time'), run.timeoutMs)
  run.signal.addEventListener('abort', onAbort)
  if (run.signal.aborted) onAbort()
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > run.maxOutputBytes) kill('output')
    else out.push(chunk)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR) stderr += chunk.toString('utf8')
  })
  // A script that reads nothing closes its end.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(JSON.stringify(run.input))
  try {
    child.once('exit', (status, signal) => exit.resolve({ status, signal }))
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const { status, signal } = await exit.promise
    // What it left running in its group ends with it.
    killGroup(child)
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LINGER_MS))])
    return { status, signal, stdout: Buffer.concat(out), stderr: stderr.slice(0, MAX_STDERR).trim(), killed }
  } finally {
    clearTimeout(timer)
    run.signal.removeEventListener('abort', onAbort)
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}

function resultOf({ timeoutMs, maxOutputBytes }: ScriptRun, end: Ended): JsonValue {
  const { status, signal, stdout, stderr, killed } = end
  if (killed === 'stopped') throw open('stopped', 'The action was stopped, and its script with it.')
  if (killed === 'time')
    throw open('script_timed_out', `The script had not ended within ${timeoutMs / 1000} s and was killed.`)
  if (killed === 'output')
    throw open('script_output', `The script wrote more than ${maxOutputBytes} bytes and was killed.`)
  const said = stderr === '' ? '' : `: ${stderr}`
  if (signal !== null) throw open('script_killed', `The script was ended by ${signal}${said}`)
  if (status !== 0)
    throw new TocsinError(
      'script_failed',
      `The script ended with ${status ?? 'no status'}, which says that it was not done${said}`,
    )
  const text = stdout.toString('utf8')
  if (text.trim() === '') return null
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw open('bad_answer', 'The script has done its work and wrote something to stdout that is no JSON.')
  }
}

/** As of a request that has left and was not answered. */
function open(code: string, message: string): HttpFailure {
  return new HttpFailure(code, message, { hasLeft: true })
}
