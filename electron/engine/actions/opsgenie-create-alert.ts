import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import { defineAction, type Action, type RunContext } from './action-definition.ts'
import { alertAttributes, alertField, excerpt, valueText } from './alert-text.ts'
import { answerValue, statusFailure } from './http-answer.ts'
import type { ServiceUrl } from './service-url.ts'
import { fit, longTitle, printable, ticketTitle, ZERO_WIDTH_SPACE } from './ticket-text.ts'

const TIMEOUT_MS = 60_000

/** As AlertChain's library: up to four further tries, about 15 s in all. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000]

/** Opsgenie's limits, in characters (Alert API); of details the keys and values together. */
const MAX_MESSAGE = 130
const MAX_DESCRIPTION = 15_000
const MAX_DETAILS = 8000
const MAX_DETAIL = 2000

const ACCEPTED = 202

const responder = z
  .strictObject({
    type: z.enum(['team', 'user', 'escalation', 'schedule']),
    name: z.string().optional(),
    id: z.string().optional(),
    username: z.string().optional(),
  })
  .refine(
    ({ name, id, username }) => [name, id, username].some((text) => text),
    'names nobody: give name, id or username',
  )

const responders = z.array(responder).max(50).optional()

const argsSchema = z.strictObject({
  secret_api_key: z.string().min(1).describe('Key of an API integration'),
  responders: responders.describe('Who is told: {type, name | id | username} of team, user, escalation or schedule'),
  responder_teams: responders.describe('The same, under the name that AlertChain reads; both are told'),
})
type Args = z.infer<typeof argsSchema>

/** Creates an Opsgenie alert. The alert's id is its alias: while it is open, another one only counts up. */
export function opsgenieCreateAlert(http: HttpPort, serviceUrl: ServiceUrl): Action {
  const host = (): string => URL.parse(serviceUrl('OPSGENIE_BASE_URL'))?.host ?? serviceUrl('OPSGENIE_BASE_URL')
  const tries = new WeakMap<RunContext, number>()
  return defineAction<Args>({
    uses: 'opsgenie.create_alert',
    args: argsSchema,
    secretArgs: ['secret_api_key'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: RETRY_DELAYS_MS,
    undo: null,
    effect: () => 'notify',
    title: () => 'Create an alert in Opsgenie',
    target: (args) => respondersOf(args).map(nameOf).join(', ') || host(),
    targetKey: (args) => respondersOf(args).map(nameOf).join(', '),
    effectSentence: (args) => {
      const told = respondersOf(args).map(nameOf).join(', ') || "whom the key's integration names"
      return `Opsgenie tells ${told}. A repeat creates no second alert while the first is open.`
    },
    // By the alias.
    isIdempotent: () => true,
    async plan(args, { alert }) {
      return { rows: planRows(host(), alertOf(args, alert)), bound: null }
    },
    async run(args, context) {
      const earlier = tries.get(context) ?? 0
      tries.set(context, earlier + 1)
      const answer = await http.send({
        method: 'POST',
        url: `${serviceUrl('OPSGENIE_BASE_URL')}/v2/alerts`,
        headers: { Authorization: `GenieKey ${args.secret_api_key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(alertOf(args, context.subject.alert)),
        timeoutMs: context.remainingMs(),
        signal: context.signal,
        secrets: context.secrets,
      })
      return resultOf(answer, earlier)
    },
  })
}

interface OpsgenieAlert {
  message: string
  alias: string
  description?: string
  source: string
  details?: Record<string, string>
  responders?: Responder[]
}

type Responder = z.infer<typeof responder>

function alertOf(args: Args, alert: JsonObject): OpsgenieAlert {
  const title = longTitle(alert, MAX_MESSAGE)
  const description = [...(title === null ? [] : [title]), alertField(alert, 'description')].join('\n\n')
  const details = detailsOf(alert)
  const told = respondersOf(args)
  return {
    message: fit(ticketTitle(alert, MAX_MESSAGE), MAX_MESSAGE, plain),
    alias: alertField(alert, 'id'),
    ...(description === '' ? {} : { description: fit(description, MAX_DESCRIPTION, plain) }),
    source: 'alertchain',
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(told.length === 0 ? {} : { responders: told }),
  }
}

/** By key, a later value instead of an earlier one; as much as Opsgenie takes. */
function detailsOf(alert: JsonObject): Record<string, string> {
  const texts = new Map(alertAttributes(alert).map(({ key, value }) => [key, fit(valueText(value), MAX_DETAIL, plain)]))
  const details: [string, string][] = []
  let room = MAX_DETAILS - 100
  for (const [key, value] of texts) {
    room -= key.length + value.length
    if (room < 0) {
      details.push(['further attributes', String(texts.size - details.length)])
      break
    }
    details.push([key, value])
  }
  return Object.fromEntries(details)
}

/** Opsgenie shows HTML in its texts: no tag of others is one. */
function plain(text: string): string {
  return printable(text).replace(/<(?=[A-Za-z/!?])/g, `<${ZERO_WIDTH_SPACE}`)
}

function respondersOf({ responders: documented = [], responder_teams: read = [] }: Args): Responder[] {
  return [...documented, ...read].map((one) => ({
    type: one.type,
    ...(one.name ? { name: one.name } : {}),
    ...(one.id ? { id: one.id } : {}),
    ...(one.username ? { username: one.username } : {}),
  }))
}

function nameOf({ type, name, id, username }: Responder): string {
  return `${type} ${name ?? username ?? id ?? ''}`
}

function planRows(
  host: string,
  { message, alias, description = '', details = {}, responders: told = [] }: OpsgenieAlert,
): { key: string; value: string }[] {
  return [
    { key: 'Sent to', value: host },
    { key: 'Message', value: message },
    { key: 'Alias', value: alias },
    ...(told.length === 0 ? [] : [{ key: 'Responders', value: told.map(nameOf).join(', ') }]),
    ...(description === '' ? [] : [{ key: 'Description', value: excerpt(description) }]),
    ...Object.entries(details).map(([key, value]) => ({ key: `Detail ${key}`, value: excerpt(value) })),
  ]
}

/** The answer with what AlertChain's library puts beside it. */
function resultOf(answer: IncomingAnswer, retries: number): JsonValue {
  if (answer.status !== ACCEPTED) throw statusFailure('Opsgenie', answer)
  const value = answerValue(answer)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TocsinError('bad_answer', 'Opsgenie answered something that is no JSON object: check OPSGENIE_BASE_URL.')
  }
  return {
    ...value,
    RateLimitState: answer.headers['x-ratelimit-state'] ?? '',
    RateLimitReason: answer.headers['x-ratelimit-reason'] ?? '',
    RateLimitPeriod: answer.headers['x-ratelimit-period-in-sec'] ?? '',
    RetryCount: retries,
  }
}
