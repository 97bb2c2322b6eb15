import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usageOf, type Usage } from './measure.ts'

export const ROOT = join(import.meta.dirname, '../..')
/** The built command line. */
export const CLI = join(ROOT, 'out/main/cli.js')
const BARE = join(import.meta.dirname, 'bare-child.ts')

/** AlertChain's own example, which the recorded figures were taken with. */
export const GUARDDUTY = join(ROOT, 'policies/examples/guardduty')

/** What the ready line says; the bare bound has no desk. */
interface Ready {
  receiver: string
  desk?: string | null
}

export interface ServeOptions {
  dataDir: string
  policyDir?: string
  mode?: 'off' | 'policy'
  /** Serves the desk as well; `deskLink` opens it. */
  desk?: boolean
}

/** A server as a process of its own: the built `tocsin serve`, or the bare bound. */
export class ServerProcess {
  readonly #child: ChildProcess
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly deskLink: string | null
  /** From the start of the process to its ready line. */
  readonly startMs: number

  private constructor(child: ChildProcess, ready: Ready, startMs: number) {
    this.#child = child
    this.url = ready.receiver
    this.deskLink = ready.desk ?? null
    this.startMs = startMs
  }

  /** @throws Error when there is no build, or when it ended before it was ready */
  static serve({
    dataDir,
    policyDir = GUARDDUTY,
    mode = 'policy',
    desk = false,
  }: ServeOptions): Promise<ServerProcess> {
    if (!existsSync(CLI)) throw new Error('There is no build to measure: run "npm run build" first')
    const options = ['-d', policyDir, '--data', dataDir, '-a', '127.0.0.1:0', '--mode', mode, '-l', 'error']
    return ServerProcess.#start([CLI, 'serve', ...options, ...(desk ? ['--desk'] : [])])
  }

  static bare(folder: string): Promise<ServerProcess> {
    return ServerProcess.#start([BARE, join(folder, 'bare.db')])
  }

  static async #start(args: string[]): Promise<ServerProcess> {
    const start = performance.now()
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, TOCSIN_NET_ALLOW: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    const line = new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part).includes('\n') && resolve(text))
    })
    const ready = await Promise.race([line, once(child, 'exit').then(() => null)])
    if (ready === null) throw new Error(`${args[0]} ended before it was ready`)
    return new ServerProcess(child, JSON.parse(ready) as Ready, performance.now() - start)
  }

  usage(): Usage | null {
    return usageOf(this.#child.pid ?? 0)
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }
}

/** Runs `work` with an empty folder on the disk, and takes it away. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
