import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import DatabaseConnection, { type Database } from 'better-sqlite3'

const ROOT = join(import.meta.dirname, '../..')
export const POLICIES = join(import.meta.dirname, 'policies')
/** Policies whose alerts are looked up, graded and told of, as reports. */
export const REPORT_POLICIES = join(import.meta.dirname, 'report-policies')

/** What the ready line says. */
interface Ready {
  receiver: string
  desk: string | null
}

/** `tocsin serve` as a process of its own that can be killed like any other. */
export class ServeProcess {
  readonly ready: Ready
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess, ready: Ready) {
    this.#child = child
    this.ready = ready
    this.#exited = once(child, 'exit')
  }

  /**
   * Starts the command on a data folder and waits for its ready line.
   * @param fault where it kills itself (`TOCSIN_FAULT`)
   * @returns null when it died before it was ready
   */
  static async start(
    dataDir: string,
    fault = '',
    {
      policyDir = POLICIES,
      mode = 'policy',
      env = {},
    }: { policyDir?: string; mode?: 'policy' | 'off'; env?: Record<string, string> } = {},
  ): Promise<ServeProcess | null> {
    const args = [
      join(ROOT, 'out/main/cli.js'),
      'serve',
      '-d',
      policyDir,
      '--data',
      dataDir,
      '-a',
      '127.0.0.1:0',
      '--mode',
      mode,
      '--desk',
    ]
    const child = spawn(process.execPath, [...args, '-l', 'error'], {
      cwd: ROOT,
      env: { ...process.env, TOCSIN_FAULT: fault, TOCSIN_NET_ALLOW: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    const line = new Promise<string>((resolve) =>
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part).includes('\n') && resolve(text)),
    )
    const first = await Promise.race([line, once(child, 'exit').then(() => null)])
    return first === null ? null : new ServeProcess(child, JSON.parse(first) as Ready)
  }

  /** Posts an event. @returns its id, or null when the process died before it answered */
  async send(event: object): Promise<string | null> {
    try {
      // Not `fetch`: like a browser it sends `Sec-Fetch-Mode`, which the receiver refuses.
      const response = await request(`${this.ready.receiver}/alert/fault`, {
        method: 'POST',
        body: JSON.stringify(event),
      })
      return ((await response.body.json()) as { event_id: string }).event_id
    } catch {
      return null
    }
  }

  get isDead(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  whenDead(): Promise<unknown> {
    return this.isDead ? Promise.resolve() : this.#exited
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isDead) this.#child.kill(signal)
    await this.whenDead()
  }
}

/** A data folder in which the policies are compiled already, so that each start needs no tool chain. */
export class DataFolders {
  readonly #root = mkdtempSync(join(tmpdir(), 'tocsin-faults-'))
  readonly #template = join(this.#root, 'template')
  #count = 0

  async prepare(options?: Parameters<typeof ServeProcess.start>[2]): Promise<void> {
    const first = await ServeProcess.start(this.#template, '', options)
    await first?.kill('SIGTERM')
  }

  /**
   * @param from what is copied; without it a folder that has only started once
   * @returns a fresh copy, and a folder beside it for files to quarantine
   */
  fresh(from = this.#template): { dataDir: string; files: string } {
    const folder = join(this.#root, `run-${(this.#count += 1)}`)
    cpSync(from, join(folder, 'data'), { recursive: true })
    forgetGenerations(join(folder, 'data'))
    return { dataDir: join(folder, 'data'), files: folder }
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** Makes a copied folder one of its own: a copy would hold everything until somebody looks. */
function forgetGenerations(dataDir: string): void {
  const vault = join(dataDir, 'vault')
  for (const file of readdirSync(vault)) if (file.startsWith('generation-')) rmSync(join(vault, file))
  const db = new DatabaseConnection(join(dataDir, 'tocsin.db'))
  db.exec("DELETE FROM store_state WHERE key = 'generation'")
  db.close()
}

/** Reads the rows of a data folder from outside the process that writes them. */
export function readRows<Row>(dataDir: string, sql: string): Row[] {
  const db: Database = new DatabaseConnection(join(dataDir, 'tocsin.db'), { readonly: true })
  try {
    return db.prepare(sql).all() as Row[]
  } finally {
    db.close()
  }
}
