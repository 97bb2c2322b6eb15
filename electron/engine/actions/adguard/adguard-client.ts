import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import type { ReadContext, Reading, RunContext } from '../action-definition.ts'
import { isBaseUrl, trimmedUrl } from '../base-url.ts'
import { asciiDomain, domainArg } from '../domain-arg.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { beforeEffect } from '../repeat.ts'
import { sendJson, type JsonRequest } from '../send-json.ts'

export const ADGUARD = 'AdGuard Home'
const NOT_FOUND = 404

/** What goes before a rule that blocks: an exception, and any kind of rewrite. */
const FIRST = /^(?:NotFilteredWhiteList$|Rewrite)/

/** Rules of one rewrite, on a card. */
const MAX_RULES = 10

export const adguardArgs = z.strictObject({
  base_url: z
    .string()
    .refine(isBaseUrl, 'is no address like https://adguard.example.com')
    .describe('Where AdGuard Home is, like https://adguard.example.com'),
  username: z
    .string()
    .regex(/^[^:\p{C}]{1,128}$/u, 'is no user name (a colon cannot be in one)')
    .describe('User of AdGuard Home'),
  secret_password: z.string().min(1).describe('The user’s password'),
  domain: domainArg,
})
export type AdguardArgs = z.infer<typeof adguardArgs>

/** Go writes an empty list as null. */
const filteringSchema = z.object({ enabled: z.boolean(), user_rules: z.array(z.string()).nullable() })
const protectionSchema = z.object({ protection_enabled: z.boolean() })
const checkSchema = z.object({
  reason: z.string(),
  rules: z.array(z.object({ text: z.string() })).nullish(),
})

/** @returns the rules that are to be there, of those that are */
type Edit = (rules: readonly string[]) => string[]

/**
 * AdGuard Home's API, by user name and password. The custom rules are one list that is written whole, without a mark by which the
 * service could refuse a write over somebody else's: so ours go one after the other, each right after its own look, and look again.
 */
export class AdguardClient {
  readonly #http: HttpPort
  /** The last write to each AdGuard Home, settled or not. */
  readonly #writes = new Map<string, Promise<void>>()

  constructor(http: HttpPort) {
    this.#http = http
  }

  /**
   * Reads whether the name's rule is among the custom ones, what the name is answered with, and whether rules are applied at all.
   */
  async read(args: AdguardArgs, context: ReadContext): Promise<Reading> {
    const domain = asciiDomain(args)
    const { enabled, rules } = await this.#filtering(args, context)
    const { protection_enabled: isProtecting } = await this.#get('/status', protectionSchema, args, context)
    const query = new URLSearchParams({ name: domain }).toString()
    const check = await this.#get(`/filtering/check_host?${query}`, checkSchema, args, context)
    const state: JsonObject = {
      ...stateOf(rules, ruleOf(args)),
      reason: check.reason,
      let_through_by: goesFirst(check),
      filtering: enabled && isProtecting ? 'on' : 'off',
    }
    return { id: domain, state, rows: [{ key: 'Custom rules', value: String(rules.length) }] }
  }

  /**
   * Writes the custom rules anew as they are by then, edited. Nothing is written where the name's rule is there, or gone, by then.
   */
  edit(args: AdguardArgs, edit: Edit, context: RunContext): Promise<void> {
    return this.#alone(trimmedUrl(args.base_url), async () => {
      context.check()
      const { rules } = await beforeEffect(this.#filtering(args, context))
      const next = edit(rules)
      if (next.length === rules.length) {
        throw new TocsinError(
          'target_changed',
          'Somebody else has changed the name’s rule just before: nothing was sent.',
        )
      }
      const request = { method: 'POST', url: `${apiUrl(args)}/filtering/set_rules`, body: { rules: next } }
      const answer = await this.#call(request, args, context)
      if (answer.status >= 300) throw refusal(ADGUARD, answer, context)
      await this.#assertKept(args, next, context)
    })
  }

  /** A list that was written over meanwhile, without what was written, is no success that has yet to show. */
  async #assertKept(args: AdguardArgs, written: readonly string[], context: ReadContext): Promise<void> {
    let found: { rules: string[] }
    try {
      found = await this.#filtering(args, context)
    } catch (error) {
      // It is read again anyway, and what counts is what is read then.
      if (error instanceof TocsinError) return
      throw error
    }
    const rule = ruleOf(args)
    if (stateOf(found.rules, rule)['status'] === stateOf(written, rule)['status']) return
    throw new TocsinError(
      'overwritten',
      'Somebody else wrote AdGuard Home’s custom rules at the same time, without this change.',
    )
  }

  async #filtering(args: AdguardArgs, context: ReadContext): Promise<{ enabled: boolean; rules: string[] }> {
    const { enabled, user_rules: rules } = await this.#get('/filtering/status', filteringSchema, args, context)
    return { enabled, rules: rules ?? [] }
  }

  async #get<T>(path: string, schema: z.ZodType<T>, args: AdguardArgs, context: ReadContext): Promise<T> {
    const answer = await this.#call({ method: 'GET', url: `${apiUrl(args)}${path}` }, args, context)
    if (answer.status === NOT_FOUND) {
      throw new TocsinError('target_missing', 'There is no API of AdGuard Home at base_url.')
    }
    if (answer.status !== 200) throw refusal(ADGUARD, answer, context)
    const parsed = schema.safeParse(answerValue(answer))
    if (parsed.success) return parsed.data
    throw new TocsinError('bad_answer', 'AdGuard Home answered something that its API does not: check base_url.')
  }

  #call(
    request: JsonRequest,
    { username, secret_password: password }: AdguardArgs,
    context: ReadContext,
  ): Promise<IncomingAnswer> {
    const logIn = Buffer.from(`${username}:${password}`).toString('base64')
    context.protect(logIn)
    return sendJson(this.#http, { ...request, headers: { Authorization: `Basic ${logIn}` } }, context)
  }

  async #alone<T>(base: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#writes.get(base) ?? Promise.resolve()).then(work)
    const settled = turn.then(
      () => {},
      () => {},
    )
    this.#writes.set(base, settled)
    try {
      return await turn
    } finally {
      if (this.#writes.get(base) === settled) this.#writes.delete(base)
    }
  }
}

/** @returns the address of AdGuard Home's API */
export function apiUrl({ base_url: base }: Pick<AdguardArgs, 'base_url'>): string {
  return `${trimmedUrl(base)}/control`
}

/** The rule that blocks a name and all names below it ("DNS filtering rules syntax"). */
export function ruleOf(args: { domain: string }): string {
  return `||${asciiDomain(args)}^`
}

/** AdGuard Home takes no notice of space around a rule. */
export function isRule(line: string, rule: string): boolean {
  return line.trim().toLowerCase() === rule
}

/** The rules that keep a name from being blocked, null where there are none; which ones block it is no matter, since lists of them change by themselves. */
function goesFirst({ reason, rules }: z.infer<typeof checkSchema>): string[] | null {
  if (!FIRST.test(reason)) return null
  const texts = (rules ?? []).slice(0, MAX_RULES).map(({ text }) => text)
  return texts.length === 0 ? [reason] : texts
}

function stateOf(rules: readonly string[], rule: string): JsonObject {
  const times = rules.filter((line) => isRule(line, rule)).length
  return { status: times > 0 ? 'listed' : 'not listed', times }
}
