import { actionKit, type ActionKit } from '../fakes/action-kit.ts'
import type { FakeRemote, Received } from '../fakes/fake-remote.ts'
import type { RunOutcome } from '../../electron/engine/actions/action-port.ts'
import type { JsonObject } from '../../shared/model/json.ts'

export type KitOptions = NonNullable<Parameters<typeof actionKit>[0]>

/**
 * One run of one action against its fake service. `action-cases-tickets.ts` (GitHub, Jira, Opsgenie) and
 * `action-cases-services.ts` (AlertChain's others), `action-cases-lookups.ts`, `action-cases-containing.ts`, `action-cases-identity.ts` and `action-cases-network.ts` hold them; `action-requests.test.ts` runs them and compares what the fakes saw with
 * `action-requests.md`.
 */
export interface ActionCase {
  uses: string
  /** What it shows, in a few words: "an address". */
  shows: string
  /** Starts the fake; one server plays every host that the action calls. */
  start(): Promise<FakeRemote>
  /** Secrets and service addresses. */
  kit?(url: string): KitOptions
  args(kit: ActionKit, url: string): JsonObject
  /** `GOLDEN_ALERT` unless told. */
  alert?: JsonObject
  /** What differs in each run (ids, times, boundaries), and what the table shows instead. */
  varying?: readonly [RegExp, string][]
}

/** One request as the fake saw it: log-ins masked, what varies replaced, JSON bodies parsed and written again. */
export interface SeenRequest {
  method: string
  /** With the query. */
  path: string
  headers: Record<string, string>
  body: string
}

export interface SeenCase {
  requests: SeenRequest[]
  outcome: RunOutcome
}

/** Headers of the connection; they say nothing about the action. */
const CONNECTION_HEADERS = ['host', 'connection', 'content-length', 'transfer-encoding']

const LOGIN_HEADERS = ['x-otx-api-key', 'x-api-key', 'x-apikey', 'api-key', 'key']

/** Runs one case on a fake and a kit of its own. */
export async function runCase(one: ActionCase): Promise<SeenCase> {
  const remote = await one.start()
  const kit = actionKit(one.kit?.(remote.url) ?? {})
  try {
    const more = one.alert === undefined ? {} : { alert: one.alert }
    const outcome = await kit.run(one.uses, one.args(kit, remote.url), more)
    return { requests: remote.calls.map((call) => seen(call, remote.url, one.varying ?? [])), outcome }
  } finally {
    await kit.close()
    await remote.close()
  }
}

function seen(call: Received, url: string, varying: readonly [RegExp, string][]): SeenRequest {
  const settle = (text: string): string =>
    varying.reduce((rest, [pattern, shown]) => rest.replace(pattern, shown), text.replaceAll(url, 'https://service'))
  const query = call.query.size === 0 ? '' : `?${call.query.toString()}`
  const headers = Object.entries(call.headers)
    .filter(([name]) => !CONNECTION_HEADERS.includes(name))
    .map(([name, value]) => [name, settle(masked(name, value))] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    method: call.method,
    path: settle(call.path + query),
    headers: Object.fromEntries(headers),
    body: settle(call.body),
  }
}

/** `Bearer ***`: the kind of log-in shows, the secret does not. */
function masked(name: string, value: string): string {
  if (name === 'authorization') return value.replace(/^([\w-]+) .*$/s, '$1 ***')
  return LOGIN_HEADERS.includes(name) ? '***' : value
}

/** The table of one case, as Markdown. */
export function tableOf({ uses, shows }: ActionCase, { requests, outcome }: SeenCase): string {
  const rows = requests.map(({ method, path, headers, body }, index) =>
    [
      `${index + 1}. \`${method} ${path}\``,
      ...Object.entries(headers).map(([name, value]) => `   - \`${name}: ${value}\``),
      ...(body === '' ? [] : ['', fenced(body)]),
    ].join('\n'),
  )
  const none = 'Sends nothing.'
  const end = outcome.outcome === 'succeeded' ? outcome.result : outcome.error
  return [
    `## ${uses}: ${shows}`,
    rows.length === 0 ? none : rows.join('\n\n'),
    `${outcome.outcome}:`,
    fenced(JSON.stringify(end)),
  ].join('\n\n')
}

function fenced(body: string): string {
  const text = indented(body)
  return `~~~\n${text.replace(/\r\n/g, '\n').trimEnd()}\n~~~`
}

function indented(body: string): string {
  try {
    // A space of no width would not be seen.
    return written(JSON.parse(body), '').replaceAll('\u200b', String.raw`\u200b`)
  } catch {
    return body
  }
}

const LINE = 120

/** JSON with one line for whatever fits into one. */
function written(value: unknown, indent: string): string {
  const line = JSON.stringify(value)
  if (line.length + indent.length <= LINE || typeof value !== 'object' || value === null) return line
  const inside = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((item) => written(item, inside))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${written(item, inside)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${inside}${entries.join(`,\n${inside}`)}\n${indent}${close}`
}
