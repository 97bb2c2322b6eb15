import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import { isBaseUrl, trimmedUrl } from '../base-url.ts'
import type { HttpRequest } from '../containment-model.ts'
import { asciiDomain, domainArg } from '../domain-arg.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { beforeEffect } from '../repeat.ts'
import { sendJson, type JsonRequest } from '../send-json.ts'

export const PIHOLE = 'Pi-hole'
const NOT_FOUND = 404

/** The group that every client is in unless it is told otherwise ("Group management"). */
export const DEFAULT_GROUP = 0

/** Entries of a search; more allow entries for one name nobody has. */
const SEARCH_ENTRIES = 1000

const LOG_OUT_MS = 5000

export const piholeArgs = z.strictObject({
  base_url: z
    .string()
    .refine(isBaseUrl, 'is no address like https://pi.hole')
    .describe('Where Pi-hole is, like https://pi.hole (version 6 or later)'),
  secret_password: z.string().min(1).describe('App password'),
  domain: domainArg,
})
export type PiholeArgs = z.infer<typeof piholeArgs>

const sessionSchema = z.object({ session: z.object({ valid: z.literal(true), sid: z.string().min(1).nullable() }) })

const entrySchema = z.object({
  id: z.number(),
  domain: z.string(),
  type: z.string(),
  kind: z.string(),
  comment: z.string().nullish(),
  groups: z.array(z.number().int()),
  enabled: z.boolean(),
  date_modified: z.number(),
})
type Entry = z.infer<typeof entrySchema>

const entriesSchema = z.object({ domains: z.array(entrySchema) })
const searchSchema = z.object({
  search: z.object({
    domains: z.array(entrySchema),
    results: z.object({ domains: z.object({ exact: z.number(), regex: z.number() }) }),
  }),
})
const blockingSchema = z.object({ blocking: z.string() })
const refusedSchema = z.object({ processed: z.object({ errors: z.array(z.object({ error: z.string() })).min(1) }) })

/** Sends one request within a session. */
type Call = (request: JsonRequest) => Promise<IncomingAnswer>

/** Pi-hole's API (version 6), by app password. Each use has a session of its own and logs it out: there are few places for them. */
export class PiholeClient {
  readonly #http: HttpPort

  constructor(http: HttpPort) {
    this.#http = http
  }

  /**
   * Reads the name's entry on the deny list, what lets the name through all the same, and whether Pi-hole blocks at all.
   * @throws HttpFailure, TocsinError `bad_answer`
   */
  read(args: PiholeArgs, context: ReadContext): Promise<Reading> {
    const domain = asciiDomain(args)
    return this.#inSession(args, context, async (call) => {
      const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
        const answer = await call({ method: 'GET', url: `${apiUrl(args)}${path}` })
        if (answer.status === NOT_FOUND) throw missing()
        if (answer.status !== 200) throw refusal(PIHOLE, answer, context)
        const parsed = schema.safeParse(answerValue(answer))
        if (!parsed.success) throw badAnswer()
        return parsed.data
      }
      const { domains } = await get(`/domains/deny/exact/${domain}`, entriesSchema)
      const { search } = await get(`/search/${domain}?partial=false&N=${SEARCH_ENTRIES}`, searchSchema)
      const { blocking } = await get('/dns/blocking', blockingSchema)
      const { exact, regex } = search.results.domains
      if (exact + regex > search.domains.length) {
        throw new TocsinError('list_too_long', `More than ${SEARCH_ENTRIES} entries of Pi-hole match ${domain}.`)
      }
      const entry = domains.find(
        (one) => one.domain.toLowerCase() === domain && one.type === 'deny' && one.kind === 'exact',
      )
      return { id: domain, state: { ...stateOf(entry), let_through_by: allowing(search.domains), blocking }, rows: [] }
    })
  }

  /** @throws HttpFailure unless Pi-hole has taken it */
  async change(args: PiholeArgs, { method, url, body }: HttpRequest, context: ReadContext): Promise<void> {
    await this.#inSession(args, context, async (call) => {
      const answer = await call({ method, url, ...(body === undefined ? {} : { body }) })
      if (answer.status >= 300) throw refusal(PIHOLE, answer, context)
      const refused = refusedSchema.safeParse(readable(answer))
      if (!refused.success) return
      const words = refused.data.processed.errors.map(({ error }) => error).join('; ')
      throw new HttpFailure('service_refused', `Pi-hole did not take the request: ${words}`)
    })
  }

  async #inSession<T>(args: PiholeArgs, context: ReadContext, work: (call: Call) => Promise<T>): Promise<T> {
    const sid = await beforeEffect(this.#logIn(args, context))
    const headers: Record<string, string> = sid === null ? {} : { 'X-FTL-SID': sid }
    const call: Call = (request) => sendJson(this.#http, { ...request, headers }, context)
    try {
      return await work(call)
    } finally {
      if (sid !== null) await this.#logOut(args, headers, context)
    }
  }

  /** @returns the session; null where Pi-hole has no password and asks for none */
  async #logIn(args: PiholeArgs, context: ReadContext): Promise<string | null> {
    const request = { method: 'POST', url: `${apiUrl(args)}/auth`, body: { password: args.secret_password } }
    const answer = await sendJson(this.#http, request, context)
    if (answer.status === NOT_FOUND) throw missing()
    if (answer.status !== 200) throw refusal(PIHOLE, answer, context)
    const parsed = sessionSchema.safeParse(answerValue(answer))
    if (!parsed.success) throw badAnswer()
    const { sid } = parsed.data.session
    if (sid !== null) context.protect(sid)
    return sid
  }

  /** Also when the work was stopped; a session that stays ends by itself after half an hour. */
  async #logOut(args: PiholeArgs, headers: Record<string, string>, { secrets }: ReadContext): Promise<void> {
    try {
      await this.#http.send({
        method: 'DELETE',
        url: `${apiUrl(args)}/auth`,
        headers,
        isRedirectFollowed: false,
        timeoutMs: LOG_OUT_MS,
        secrets,
      })
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error
    }
  }
}

/** @returns the address of Pi-hole's API */
export function apiUrl({ base_url: base }: Pick<PiholeArgs, 'base_url'>): string {
  return `${trimmedUrl(base)}/api`
}

/** An entry blocks for all clients that are in no group of their own when it is on and in the default group. */
function stateOf(entry: Entry | undefined): JsonObject {
  if (entry === undefined) return { status: 'not denied' }
  const { id: entry_id, enabled, comment = null, date_modified: modified } = entry
  const groups = entry.groups.toSorted((a, b) => a - b)
  const status = enabled && groups.includes(DEFAULT_GROUP) ? 'denied' : 'denied, but not in force'
  return { status, enabled, groups, comment, entry_id, modified }
}

/** Allow entries win over exact deny entries ("Domain database", priority), for clients of their groups; null where there is none. */
function allowing(entries: Entry[]): string[] | null {
  const found = entries.filter(({ type, enabled, groups }) => type === 'allow' && enabled && groups.length > 0)
  return found.length === 0 ? null : found.map(({ kind, domain }) => `${kind} ${domain}`).toSorted()
}

/** Null where it cannot be read: the status says that the request was taken, and the entry is read next. */
function readable(answer: IncomingAnswer): unknown {
  try {
    return answerValue(answer)
  } catch {
    return null
  }
}

function missing(): TocsinError {
  return new TocsinError('target_missing', 'There is no API of Pi-hole (version 6) at base_url.')
}

function badAnswer(): TocsinError {
  return new TocsinError('bad_answer', 'Pi-hole answered something that its API (version 6) does not: check base_url.')
}
