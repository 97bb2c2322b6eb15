import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { QueuedChain } from '../../electron/engine/chain/chain-service.ts'
import { Intake } from '../../electron/engine/intake/intake.ts'
import type { IntakeDeps } from '../../electron/engine/intake/intake-deps.ts'
import type { AnswerHttpSend } from '../../electron/engine/policy/policy-lane.ts'
import { PolicyPool } from '../../electron/engine/policy/policy-pool.ts'
import { PolicyService } from '../../electron/engine/policy/policy-service.ts'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import type { Clock } from '../../electron/engine/ports/ports.ts'
import type { ReportPort } from '../../electron/engine/receiver/api.ts'
import type { ReceiverLimits } from '../../electron/engine/receiver/limits.ts'
import { Receiver } from '../../electron/engine/receiver/receiver.ts'
import type { SnsDeps } from '../../electron/engine/receiver/sns.ts'
import { Redactor } from '../../electron/engine/secrets/redact.ts'
import { openStore, type Store } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import { FakeLog } from '../fakes/ports.ts'

/** A policy for schema `door`: an alert for every event that has a title. */
export const DOOR_POLICY = `package alert.door

alert contains {"title": input.title, "source": "door", "attrs": [{"key": "who", "value": input.who}]} if input.title
`

interface DeskOptions {
  /** Path → source. */
  policies?: Record<string, string>
  /** null: in memory. */
  dataDir?: string | null
  allowHosts?: string[]
  env?: Record<string, string>
  limits?: Partial<ReceiverLimits>
  maxBodyBytes?: number
  clock?: Clock
  queueChain?: IntakeDeps['queueChain']
  sns?: Partial<SnsDeps>
  /** DeepAlert's API, without an engine behind it. */
  api?: ReportPort
  /** Answers `http.send` of `authz`. */
  answerHttpSend?: AnswerHttpSend
}

/** What a chain that nobody drives is to the intake. */
export const QUEUED_CHAIN: QueuedChain = { id: 'chain-1', namespace: '', firstRound: null, isEnded: false }

/** Receiver, intake, store and policies as the engine joins them. */
export interface TestDesk {
  receiver: Receiver
  intake: Intake
  store: Store
  policy: PolicyService
  clock: Clock
  log: FakeLog
  policyDir: string
  port: number
  alertIds: string[]
  /** How many rows a table has. */
  rows(table: string): number
  close(): Promise<void>
}

export async function startDesk(options: DeskOptions = {}): Promise<TestDesk> {
  const { clock = systemClock, env = {} } = options
  const ids = systemIds
  const log = new FakeLog()
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-receiver-'))
  const policyDir = join(folder, 'workspace')
  writePolicies(policyDir, options.policies ?? { 'alert/door.rego': DOOR_POLICY })
  const store = await openStore({ dataDir: options.dataDir ?? null, clock, ids, log })
  const { answerHttpSend, sns } = options
  const pool = new PolicyPool({ log, ...(answerHttpSend ? { answerHttpSend } : {}) })
  const { policies, writer } = store
  const policy = new PolicyService({ policies, writer, toolchain: new Toolchain(), pool, policyDir, log })
  await policy.start()
  const alertIds: string[] = []
  const intake = new Intake({
    store,
    policy,
    queueChain: options.queueChain ?? (() => QUEUED_CHAIN),
    onAlerts: (fresh) => alertIds.push(...fresh.map(({ id }) => id)),
    onChanged: () => {},
    clock,
    ids,
    log,
  })
  const redactor = new Redactor(Object.values(env))
  const receiver = new Receiver({
    address: '127.0.0.1:0',
    allowHosts: options.allowHosts ?? [],
    maxBodyBytes: () => options.maxBodyBytes ?? 1024 * 1024,
    receive: (delivery) => intake.receive(delivery),
    isSecret: (text) => redactor.text(text) !== text,
    sns: { topics: () => [], get: () => Promise.reject(new Error('nothing there')), onProblem: () => {}, ...sns },
    ...(options.api ? { api: options.api } : {}),
    policy,
    authzEnv: async () => env,
    store,
    onRefusals: () => {},
    onState: () => {},
    clock,
    ids,
    log,
    ...(options.limits ? { limits: options.limits } : {}),
  })
  const { url } = await receiver.start()
  return {
    receiver,
    intake,
    store,
    policy,
    clock,
    log,
    policyDir,
    port: Number(new URL(url ?? 'http://127.0.0.1:0').port),
    alertIds,
    rows: (table) => countRows(store, table),
    async close() {
      await receiver.stop()
      await policy.stop()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function writePolicies(policyDir: string, files: Record<string, string>): void {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(policyDir, path)), { recursive: true })
    writeFileSync(join(policyDir, path), source)
  }
}

const COUNTS = {
  event: 'SELECT count(*) FROM event',
  alert: 'SELECT count(*) FROM alert',
  problem: 'SELECT count(*) FROM problem',
  decision: 'SELECT count(*) FROM decision',
} as Record<string, string>

function countRows(store: Store, table: string): number {
  return store.db
    .prepare(COUNTS[table] ?? '')
    .pluck()
    .get() as number
}

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
  json: unknown
}

/** Writes bytes on a bare socket and reads one answer (or null when the connection ends without one). */
export async function sendBytes(port: number, bytes: string | Uint8Array): Promise<WireAnswer | null> {
  const socket = await open(port)
  socket.write(bytes)
  const isHead = Buffer.from(bytes).toString('latin1', 0, 5) === 'HEAD '
  const text = await readAll(socket, isHead ? (head) => head.endsWith('\r\n\r\n') : isComplete)
  socket.destroy()
  return parseAnswer(text)
}

/** Reads until the peer closes, or `isEnough` says so. */
export function readAll(socket: Socket, isEnough: (text: string) => boolean = () => false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    if (isEnough(text)) resolve(text)
  })
  socket.on('error', () => resolve(text))
  socket.on('close', () => resolve(text))
  return promise
}

export function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ port, host }, () => resolve(socket))
  socket.on('error', reject)
  return promise
}

/** One request as text: `Host` and length are there unless given. */
export function requestText(
  port: number,
  {
    method = 'POST',
    target = '/alert/door',
    version = '1.1',
    headers,
    body = '',
  }: { method?: string; target?: string; version?: string; headers?: string[]; body?: string } = {},
): string {
  const own = headers ?? []
  const has = (name: string): boolean => own.some((line) => line.toLowerCase().startsWith(`${name}:`))
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...(has('host') ? [] : [`Host: 127.0.0.1:${port}`]),
    ...own,
    ...(body === '' || has('content-length') || has('transfer-encoding')
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

export function send(port: number, request: Parameters<typeof requestText>[1]): Promise<WireAnswer | null> {
  return sendBytes(port, requestText(port, request))
}

/** Posts a body as the seed's curl does. */
export function post(
  port: number,
  target: string,
  body: string | Uint8Array,
  headers: string[] = [],
): Promise<WireAnswer | null> {
  const bytes = Buffer.from(body)
  const head = requestText(port, { target, headers: [...headers, `Content-Length: ${bytes.length}`] })
  return sendBytes(port, Buffer.concat([Buffer.from(head, 'latin1'), bytes]))
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1]
  if (length !== undefined) return text.length >= end + 4 + Number(length)
  return text.endsWith('\r\n0\r\n\r\n')
}

function parseAnswer(text: string): WireAnswer | null {
  const end = text.indexOf('\r\n\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
  if (status === undefined || end === -1) return null
  const lines = text.slice(0, end).split('\r\n').slice(1)
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const bytes = Buffer.from(text.slice(end + 4), 'latin1')
  const body = (headers['transfer-encoding'] === 'chunked' ? unchunk(bytes) : bytes).toString('utf8')
  return { status: Number(status), headers, body, json: body.startsWith('{') ? JSON.parse(body) : undefined }
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts)
}
