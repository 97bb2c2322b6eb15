import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import { jsonValue, type JsonValue } from '../../../shared/model/json.ts'
import { canonicalHash } from '../forms/canonical.ts'
import type { HttpPort, IncomingAnswer, OutgoingRequest } from '../http/http-port.ts'
import { defineAction, UnknownOutcome, type Action } from './action-definition.ts'
import { answerValue, statusFailure } from './http-answer.ts'

/** The connection's own; the port sets them. */
const PORT_HEADERS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|proxy-.*|upgrade|expect|te|trailer)$/i
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

const header = z
  .record(
    z
      .string()
      .regex(HEADER_NAME, 'is no header name')
      .refine((name) => !PORT_HEADERS.test(name), 'is set by the connection'),
    z.string(),
  )
  .describe('Request headers, name to value; those of the connection (Host, Content-Length, …) are refused')

const auth = z
  .union(
    [
      z.strictObject({ basic: z.strictObject({ user: z.string(), password: z.string() }) }),
      z.strictObject({ bearer: z.string().min(1) }),
    ],
    'is neither {"basic": {user, password}} nor {"bearer": token}',
  )
  .describe('{"basic": {user, password}} or {"bearer": token}')

const argsSchema = z
  .strictObject({
    method: z
      .string()
      .regex(/^[A-Za-z]{0,20}$/, 'is no HTTP method')
      .describe('GET, POST, …; empty means GET; not CONNECT or TRACE'),
    url: z.string().min(1).describe('https: or http:, without user name and password'),
    data: jsonValue
      .optional()
      .describe('The body: text as it is, anything else as JSON, with its Content-Type unless header has one'),
    header: header.optional(),
    auth: auth.optional(),
    error_status: z
      .literal('result')
      .optional()
      .describe('"result": an answer of 400 or more is a result {status, body}'),
  })
  .refine(({ header: headers, auth: login }) => login === undefined || !hasHeader(headers, 'authorization'), {
    path: ['auth'],
    message: 'stands beside a header Authorization: give one of them',
  })
  .refine(({ method }) => !/^(CONNECT|TRACE)$/i.test(method), { path: ['method'], message: 'cannot be sent' })

type Args = z.infer<typeof argsSchema>

const TIMEOUT_MS = 30_000

/** Any HTTP request, with AlertChain's arguments (`behaviour/alertchain.md` §5, deviations in `interfaces.md` §5). */
export function httpFetch(http: HttpPort): Action {
  return defineAction<Args>({
    uses: 'http.fetch',
    args: argsSchema,
    secretArgs: ['url', 'header', 'data', 'auth'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    noProbe: 'HTTP has no question for whether a request was taken.',
    depends: { effect: 'observe with GET or HEAD, else notify', idempotent: 'with GET or HEAD' },
    effect: (args) => (isReading(args) ? 'observe' : 'notify'),
    title: (args) => `${methodOf(args)} ${shortUrl(args.url)}`,
    target: (args) => URL.parse(args.url)?.host ?? args.url,
    // One address answers for many hosts and accounts: which of them is in the body.
    targetKey: ({ url, data = null }) => canonicalHash({ url, data }),
    // The host is who is asked. Which of all the texts names the target only the service knows.
    names: ({ url, data = null }) => [...textsOfUrl(url), ...textsIn(data)],
    effectSentence: (args) =>
      isReading(args) ? 'Reads from the address; changes nothing there.' : 'Sends the request to the address.',
    isIdempotent: isReading,
    async plan(args) {
      return { rows: planRows(args), bound: null }
    },
    async run(args, context) {
      const answer = await http.send({
        ...requestOf(args),
        timeoutMs: context.remainingMs(),
        signal: context.signal,
        secrets: context.secrets,
        isPlainAllowed: true,
      })
      if (answer.status < 400) return readable(args, answer)
      if (args.error_status === 'result') return { status: answer.status, body: readable(args, answer) }
      throw statusFailure(URL.parse(args.url)?.host ?? 'The remote', answer)
    },
  })
}

/** What a path and a query say, without the host. */
function textsOfUrl(text: string): string[] {
  const url = URL.parse(text)
  if (url === null) return []
  const segments = url.pathname.split('/').map((segment) => decoded(segment))
  return [...segments, ...url.searchParams.values()].filter((one) => one !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Every text in a body, one that is JSON or a form itself taken apart. */
function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value, ...textsOfJson(value), ...textsOfForm(value)]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function textsOfForm(text: string): string[] {
  return /^[^=&\s]+=/.test(text) ? [...new URLSearchParams(text).values()] : []
}

function textsOfJson(text: string): string[] {
  if (!/^\s*[[{]/.test(text)) return []
  try {
    return textsIn(JSON.parse(text) as JsonValue)
  } catch {
    return []
  }
}

/** An answer that cannot be read leaves open what became of a request that changes something. */
function readable(args: Args, answer: IncomingAnswer): JsonValue {
  try {
    return answerValue(answer)
  } catch (error) {
    if (isReading(args) || !(error instanceof TocsinError)) throw error
    throw new UnknownOutcome('bad_answer', `The request was answered ${answer.statusText}. ${error.message}`)
  }
}

function isReading(args: Args): boolean {
  return ['GET', 'HEAD'].includes(methodOf(args))
}

function methodOf({ method }: Args): string {
  return method === '' ? 'GET' : method.toUpperCase()
}

function requestOf(args: Args): Pick<OutgoingRequest, 'method' | 'url' | 'headers' | 'body'> {
  const headers = { ...args.header }
  if (args.auth !== undefined) headers.Authorization = authorization(args.auth)
  const isJson = args.data !== undefined && args.data !== null && typeof args.data !== 'string'
  if (isJson && !hasHeader(headers, 'content-type')) headers['Content-Type'] = 'application/json'
  const body = bodyOf(args.data)
  return { method: methodOf(args), url: args.url, headers, ...(body === null ? {} : { body }) }
}

function bodyOf(data: JsonValue | undefined): string | null {
  if (data === undefined || data === null || data === '') return null
  return typeof data === 'string' ? data : JSON.stringify(data)
}

function authorization(login: z.infer<typeof auth>): string {
  if ('bearer' in login) return `Bearer ${login.bearer}`
  return `Basic ${Buffer.from(`${login.basic.user}:${login.basic.password}`).toString('base64')}`
}

function hasHeader(headers: Record<string, string> | undefined, name: string): boolean {
  return Object.keys(headers ?? {}).some((key) => key.toLowerCase() === name)
}

/** Query and fragment stay out of titles: they are long and often hold tokens. */
function shortUrl(text: string): string {
  const url = URL.parse(text)
  return url === null ? text : `${url.host}${url.pathname === '/' ? '' : url.pathname}`
}

function planRows(args: Args): { key: string; value: string }[] {
  const rows = [{ key: 'Request', value: `${methodOf(args)} ${args.url}` }]
  for (const [name, value] of Object.entries(args.header ?? {})) rows.push({ key: `Header ${name}`, value })
  if (args.auth !== undefined)
    rows.push({ key: 'Log-in', value: 'bearer' in args.auth ? 'bearer token' : `user ${args.auth.basic.user}` })
  const body = bodyOf(args.data)
  if (body !== null) rows.push({ key: 'Body', value: body })
  return rows
}
