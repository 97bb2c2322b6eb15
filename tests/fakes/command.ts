import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { runProgram } from '../../electron/cli/program.ts'

/** Compiled policies, and what V8 made of the sources: commands of all tests find them again. */
const CACHES = {
  TOCSIN_CACHE: join(tmpdir(), 'tocsin-test-cache'),
  NODE_COMPILE_CACHE: join(tmpdir(), 'tocsin-compile-cache'),
}

const CLI = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url))

export interface Ended {
  /** The exit status, or the signal's name. */
  code: number | string
  out: string
  err: string
}

export interface Running {
  child: ChildProcess
  out: () => string
  err: () => string
  ended: Promise<number | string>
}

export interface Ready {
  ready: true
  receiver: string | null
  desk: string | null
  data: string
  policyDir: string
}

/** `tocsin` in a folder of its own. */
export class CommandWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'))
  readonly #children: ChildProcess[] = []

  /** Starts the command as a process of its own. */
  start(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Running {
    return this.startAny(process.execPath, [CLI, ...args], env, stdin)
  }

  /** Starts any program, as one that starts the command in turn. */
  startAny(program: string, args: readonly string[], env: Record<string, string> = {}, stdin = ''): Running {
    const { PATH = '' } = process.env
    const child = spawn(program, [...args], {
      cwd: this.folder,
      env: { PATH, HOME: this.folder, ...CACHES, ...env },
    })
    this.#children.push(child)
    let [out, err] = ['', '']
    child.stdout.on('data', (part: Buffer) => (out += part.toString()))
    child.stderr.on('data', (part: Buffer) => (err += part.toString()))
    child.stdin.end(stdin)
    const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
    return { child, out: () => out, err: () => err, ended }
  }

  async run(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<Ended> {
    const running = this.start(args, env, stdin)
    const code = await running.ended
    return { code, out: running.out(), err: running.err() }
  }

  /** The same command line in this process: for what needs no process of its own. */
  async runHere(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<Ended> {
    let [out, err] = ['', '']
    const code = await runProgram(args, {
      // A log on standard error would be this process's own.
      env: { ...CACHES, TOCSIN_LOG_LEVEL: 'error', TOCSIN_LOG_OUTPUT: join(this.folder, 'command.log'), ...env },
      cwd: this.folder,
      stdin: () => Promise.resolve(Buffer.from(stdin)),
      out: (part) => void (out += part),
      err: (part) => void (err += part),
    })
    return { code, out, err }
  }

  /** Ends what a test left running. */
  killAll(): void {
    this.#children.splice(0).forEach((child) => child.kill('SIGKILL'))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for the ready line, which is everything on stdout. */
export async function readyLine(running: Running): Promise<Ready> {
  const isThere = (): boolean => running.out().includes('\n')
  while (!isThere()) {
    const end = await Promise.race([once(running.child.stdout ?? running.child, 'data'), running.ended])
    if (!Array.isArray(end) && !isThere()) throw new Error(`ended with ${String(end)}: ${running.err()}`)
  }
  const lines = running.out().split('\n')
  expect(lines).toEqual([lines[0], ''])
  return JSON.parse(lines[0] ?? '') as Ready
}
