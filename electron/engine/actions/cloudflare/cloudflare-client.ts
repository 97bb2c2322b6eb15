import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { ReadContext, Reading, RunContext } from '../action-definition.ts'
import type { Containment, HttpRequest } from '../containment-model.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { sendJson, type JsonRequest } from '../send-json.ts'
import type { ServiceUrl } from '../service-url.ts'
import { listedIp, sizeOf } from './listed-ip.ts'

const WHO = 'Cloudflare'
const NOT_FOUND = 404

/** The most items of a page that Cloudflare gives, and as many pages as its largest list of usual plans has (10,000 items). */
const PAGE_ITEMS = 500
const MAX_PAGES = 20

/** Waits between looks at an operation: it usually takes seconds, and the list itself is read after it anyway. */
const OPERATION_DELAYS_MS = [0, 500, 1000, 2000, 4000]

const id = (what: string) => z.string().regex(/^[0-9a-f]{32}$/, `is no id of ${what} (32 hexadecimal digits)`)

export const cloudflareArgs = z.strictObject({
  account_id: id('an account').describe('Id of the account'),
  list_id: id('a list').describe('Id of a custom list of IP addresses, which a rule of the account uses'),
  secret_token: z.string().min(1).describe('API token'),
  ip: z
    .string()
    .max(64)
    .refine(
      (text) => listedIp(text) !== null,
      'is no address and no range without host bits (IPv4 /8 to /32, IPv6 /12 to /64)',
    )
    .describe('IPv4 address, IPv6 address (its /64 is meant, the least that a list takes), or range'),
})
export type CloudflareArgs = z.infer<typeof cloudflareArgs>

const listSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  num_referencing_filters: z.number().optional(),
})
const itemSchema = z.object({
  id: z.string().regex(/^[0-9a-zA-Z-]{1,64}$/),
  ip: z.string(),
  comment: z.string().nullish(),
  modified_on: z.string(),
})
type Item = z.infer<typeof itemSchema>

const pageSchema = z.object({
  success: z.literal(true),
  // An empty list is null in some answers.
  result: z.array(z.unknown()).nullable(),
  result_info: z.object({ cursors: z.object({ after: z.string().optional() }).nullish() }).nullish(),
})
const operationIdSchema = z.object({
  success: z.literal(true),
  result: z.object({ operation_id: z.string().regex(/^[0-9a-zA-Z-]{1,64}$/) }),
})
const operationSchema = z.object({ result: z.object({ status: z.string(), error: z.string().optional() }) })

/** Cloudflare's Lists API ("Rules Lists"), by API token. */
export class CloudflareClient {
  readonly #parts: { http: HttpPort; serviceUrl: ServiceUrl }

  constructor(parts: { http: HttpPort; serviceUrl: ServiceUrl }) {
    this.#parts = parts
  }

  /** @returns the address of a list's items, all of whose parts are ids */
  itemsUrl(args: CloudflareArgs): string {
    return `${this.#listUrl(args)}/items`
  }

  /**
   * Reads the list, and in it the one item that is this address or range.
   * @throws HttpFailure, TocsinError `target_missing`, `target_barred`, `bad_answer`
   */
  async entry(args: CloudflareArgs, context: ReadContext): Promise<Reading> {
    const ip = normalIp(args)
    const list = await this.#list(args, context)
    const rows = [
      { key: 'Address', value: ip },
      { key: 'Addresses in it', value: sizeOf(ip) },
      { key: 'List', value: list.name },
      { key: 'Rules that use the list', value: usesOf(list) },
    ]
    const target = `${args.list_id}/${ip}`
    if (list.kind !== 'ip') return { id: target, state: { status: `in a list of kind ${list.kind}` }, rows }
    const item = await this.#item(ip, args, context)
    if (item === null) return { id: target, state: { status: 'not listed' }, rows }
    const { id: item_id, comment = null, modified_on: modified } = item
    return { id: target, state: { status: 'listed', item_id, comment, modified }, rows }
  }

  /**
   * Sends a change of the list's items and waits a little for its operation, to hear of a failure. That it is done is read
   * from the list.
   * @throws HttpFailure unless Cloudflare has taken it
   */
  async change(args: CloudflareArgs, request: HttpRequest, context: RunContext): Promise<void> {
    const answer = await this.#call(request, args, context)
    if (answer.status >= 300) throw refusal(WHO, answer, context)
    const taken = operationIdSchema.safeParse(readable(answer))
    if (!taken.success) return
    const url = `${this.#listsUrl(args)}/bulk_operations/${taken.data.result.operation_id}`
    for (const delayMs of OPERATION_DELAYS_MS) {
      if (delayMs >= context.remainingMs()) return
      await context.wait(delayMs)
      const { status, error } = await this.#operation(url, args, context)
      if (status === 'completed') return
      if (status === 'failed') throw new HttpFailure('service_refused', `Cloudflare did not carry it out: ${error}`)
    }
  }

  /** What keeps it from being read is no failure of the change. */
  async #operation(
    url: string,
    args: CloudflareArgs,
    context: ReadContext,
  ): Promise<{ status: string; error: string }> {
    try {
      const parsed = operationSchema.safeParse(answerValue(await this.#call({ method: 'GET', url }, args, context)))
      const { status = '', error = 'without a reason' } = parsed.data?.result ?? {}
      return { status, error }
    } catch (error) {
      if (error instanceof TocsinError) return { status: '', error: '' }
      throw error
    }
  }

  async #list(args: CloudflareArgs, context: ReadContext): Promise<z.infer<typeof listSchema>> {
    const answer = await this.#call({ method: 'GET', url: this.#listUrl(args) }, args, context)
    if (answer.status === NOT_FOUND) throw missing(args)
    if (answer.status !== 200) throw refusal(WHO, answer, context)
    const parsed = z.object({ success: z.literal(true), result: listSchema }).safeParse(answerValue(answer))
    if (!parsed.success || parsed.data.result.id !== args.list_id) throw badAnswer()
    return parsed.data.result
  }

  /** Absence is said only when all of the list that may hold it was read. */
  async #item(ip: string, args: CloudflareArgs, context: ReadContext): Promise<Item | null> {
    const found: Item[] = []
    let cursor = ''
    for (let page = 0; page < MAX_PAGES; page += 1) {
      context.check()
      const query = new URLSearchParams({
        per_page: String(PAGE_ITEMS),
        ...searchFor(ip),
        ...(cursor === '' ? {} : { cursor }),
      })
      const url = `${this.itemsUrl(args)}?${query.toString()}`
      const answer = await this.#call({ method: 'GET', url }, args, context)
      if (answer.status !== 200) throw refusal(WHO, answer, context)
      const parsed = pageSchema.safeParse(answerValue(answer))
      if (!parsed.success) throw badAnswer()
      found.push(...itemsOf(parsed.data.result ?? []).filter((item) => listedIp(item.ip) === ip))
      cursor = parsed.data.result_info?.cursors?.after ?? ''
      if (cursor === '') return onlyOne(found, ip)
    }
    throw new TocsinError(
      'list_too_long',
      `The list has more than ${MAX_PAGES * PAGE_ITEMS} items like ${ip}, too many to look through: use a list of its own for what Tocsin blocks.`,
    )
  }

  #listUrl(args: CloudflareArgs): string {
    return `${this.#listsUrl(args)}/${args.list_id}`
  }

  #listsUrl({ account_id: account }: CloudflareArgs): string {
    return `${this.#parts.serviceUrl('CLOUDFLARE_BASE_URL')}/accounts/${account}/rules/lists`
  }

  #call(request: JsonRequest, { secret_token: token }: CloudflareArgs, context: ReadContext): Promise<IncomingAnswer> {
    return sendJson(this.#parts.http, { ...request, headers: { Authorization: `Bearer ${token}` } }, context)
  }
}

/** What both actions on an item of a list have in common. */
export function cloudflareItem(
  client: CloudflareClient,
): Pick<
  Containment<CloudflareArgs, HttpRequest>,
  'who' | 'showsLate' | 'args' | 'secretArgs' | 'target' | 'read' | 'send'
> {
  return {
    who: WHO,
    // The list is changed by an operation of its own.
    showsLate: true,
    args: cloudflareArgs,
    secretArgs: ['secret_token'],
    target: normalIp,
    read: (args, context) => client.entry(args, context),
    send: (args, request, context) => client.change(args, request, context),
  }
}

/** The arguments were checked: there is one. */
export function normalIp({ ip }: Pick<CloudflareArgs, 'ip'>): string {
  return listedIp(ip) ?? ip
}

/**
 * Cloudflare finds the items that begin with a text. A range of IPv6 may stand there in another spelling, but the first group of
 * a public one has no zeros that could be left out.
 */
function searchFor(ip: string): { search?: string } {
  if (!ip.includes(':')) return { search: ip.split('/')[0] ?? ip }
  const [group = ''] = ip.split(':')
  return group.length === 4 ? { search: `${group}:` } : {}
}

function itemsOf(result: unknown[]): Item[] {
  return result.map((one) => {
    const item = itemSchema.safeParse(one)
    if (!item.success) throw badAnswer()
    return item.data
  })
}

function onlyOne(found: Item[], ip: string): Item | null {
  if (found.length < 2) return found[0] ?? null
  throw new TocsinError('target_barred', `The list has ${ip} ${found.length} times: leave one of them there first.`)
}

function usesOf({ num_referencing_filters: uses }: z.infer<typeof listSchema>): string {
  if (uses === undefined) return 'not said'
  return uses === 0 ? '0: an item of it has no effect until a rule uses the list' : String(uses)
}

/** Null where it cannot be read: the status says that the request was taken, and the list is read next. */
function readable(answer: IncomingAnswer): unknown {
  try {
    return answerValue(answer)
  } catch {
    return null
  }
}

function missing({ account_id: account, list_id: list }: CloudflareArgs): TocsinError {
  return new TocsinError(
    'target_missing',
    `Cloudflare knows no list ${list} in the account ${account} that this token may see.`,
  )
}

function badAnswer(): TocsinError {
  return new TocsinError(
    'bad_answer',
    'Cloudflare answered something that its Lists API does not: check CLOUDFLARE_BASE_URL.',
  )
}
