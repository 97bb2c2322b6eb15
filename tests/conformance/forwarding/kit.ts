import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestDesk } from '../../security/receiver-kit.ts'

const DOCUMENT = readFileSync(new URL('../../../docs/FORWARDING.md', import.meta.url), 'utf8')

/** Servers lie where a user's PATH often does not look. */
const PATHS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** @returns the fenced blocks of one language below a heading of docs/FORWARDING.md: what users copy */
export function recipes(heading: string, language: string): string[] {
  const start = DOCUMENT.indexOf(`\n${heading}\n`)
  if (start === -1) throw new Error(`docs/FORWARDING.md has no ${heading}`)
  const rest = DOCUMENT.slice(start + heading.length + 2)
  const end = rest.search(/^#{1,3} /m)
  const section = end === -1 ? rest : rest.slice(0, end)
  return [...section.matchAll(/^```(\S*)\n([^]*?)^```$/gm)].flatMap(([, of, text]) =>
    of === language ? (text ?? '') : [],
  )
}

/** @returns where a program is, or null */
export function programAt(name: string): string | null {
  return PATHS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** How a suite is named that a missing program leaves out. */
export function suiteOf(name: string, debianPackage: string): string {
  return programAt(name) ? name : `${name} IS NOT INSTALLED (apt-get install ${debianPackage}): its recipe is not tried`
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens
  server.close()
  await once(server, 'close')
  return port
}

/** A folder for one program's configuration, and the program while it runs. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), 'tocsin-forwarding-'))
  #child: ChildProcess | null = null
  #output = ''

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
    return path
  }

  start(name: string, args: string[], env: Record<string, string> = {}): void {
    const path = programAt(name) ?? name
    const child = spawn(path, args, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (this.#output += part.toString()))
  }

  /** Waits for the end. @returns exit status and everything that was printed */
  async ended(): Promise<{ code: number | null; output: string }> {
    const child = this.#child
    if (child && child.exitCode === null) await once(child, 'close')
    return { code: child?.exitCode ?? null, output: this.#output }
  }

  get output(): string {
    return this.#output
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The events that came, oldest first. */
export function eventsOf({ store }: TestDesk): { schema: string; body: unknown; deliveryId: string | null }[] {
  const rows = store.db.prepare('SELECT id, schema, delivery_id AS deliveryId FROM event ORDER BY seq').all() as {
    id: string
    schema: string
    deliveryId: string | null
  }[]
  return rows.map(({ id, schema, deliveryId }) => ({
    schema,
    deliveryId,
    body: JSON.parse(Buffer.from(store.events.body(id) ?? []).toString()) as unknown,
  }))
}

/** The token of a new source. */
export async function tokenOf({ store }: TestDesk): Promise<string> {
  const { token } = await store.writer.commit('source', (tx) => store.sources.create(tx, 'sender', 'analyst'))
  return token
}
