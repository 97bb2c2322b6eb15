import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { canonicalHash } from '../forms/canonical.ts'
import { HttpFailure } from '../http/http-failure.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import type { Clock } from '../ports/ports.ts'
import { AccessTokens, type AccessToken } from './access-tokens.ts'
import type { ReadContext, Reading } from './action-definition.ts'
import { isBaseUrl, trimmedUrl } from './base-url.ts'
import { httpRequest, type Containment, type HttpRequest } from './containment-model.ts'
import { answerValue } from './http-answer.ts'
import { refusal } from './inspect/ask-service.ts'
import type { ServiceUrl } from './service-url.ts'

const WHO = 'CrowdStrike'
const NOT_FOUND = 404

export const crowdstrikeArgs = z.strictObject({
  base_url: z
    .string()
    .refine(isBaseUrl, 'is no address like https://api.eu-1.crowdstrike.com')
    .optional()
    .describe(
      'Where the cloud of the account is, like https://api.eu-1.crowdstrike.com; CROWDSTRIKE_BASE_URL unless told, else https://api.crowdstrike.com',
    ),
  client_id: z.string().min(1).describe('Id of the API client'),
  secret_client_secret: z.string().min(1).describe('Secret of the API client'),
  device_id: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, 'is no agent id (32 hexadecimal digits)')
    .describe('Agent id (AID) of the host, 32 hexadecimal digits'),
})
export type CrowdstrikeArgs = z.infer<typeof crowdstrikeArgs>

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** Of the Hosts API's device (`deviceapi.DeviceSwagger`), what is read. */
const deviceSchema = z.object({
  device_id: z.string().regex(/^[0-9a-fA-F]{32}$/),
  status: z.string(),
  hostname: z.string().optional(),
  platform_name: z.string().optional(),
  last_seen: z.string().optional(),
})
const devicesSchema = z.object({ resources: z.array(z.unknown()) })

/** Of what was asked for several hosts, some may be refused although the answer is a success. */
const refusedSchema = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) })

export interface CrowdstrikeParts {
  http: HttpPort
  serviceUrl: ServiceUrl
  clock: Clock
}

type ApiRequest = Pick<HttpRequest, 'url' | 'body'> & { method: string }

/** CrowdStrike Falcon's API, by OAuth 2 client. Tokens are kept in memory only, until they end. */
export class CrowdstrikeClient {
  readonly #parts: CrowdstrikeParts
  readonly #tokens: AccessTokens

  constructor(parts: CrowdstrikeParts) {
    this.#parts = parts
    this.#tokens = new AccessTokens(parts.clock)
  }

  /** @returns the address of the account's cloud, without a slash at its end */
  baseOf({ base_url: base }: CrowdstrikeArgs): string {
    return base === undefined ? this.#parts.serviceUrl('CROWDSTRIKE_BASE_URL') : trimmedUrl(base)
  }

  /** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
  async device(args: CrowdstrikeArgs, context: ReadContext): Promise<Reading> {
    const id = args.device_id.toLowerCase()
    const url = `${this.baseOf(args)}/devices/entities/devices/v2?ids=${id}`
    const answer = await this.call({ method: 'GET', url }, args, context)
    if (answer.status === NOT_FOUND) throw missing(id)
    if (answer.status !== 200) throw refusal(WHO, answer, context)
    const found = devicesSchema.safeParse(answerValue(answer))
    if (!found.success) throw badAnswer()
    if (found.data.resources.length === 0) throw missing(id)
    const device = deviceSchema.safeParse(found.data.resources[0])
    if (!device.success || device.data.device_id.toLowerCase() !== id) throw badAnswer()
    const { status, hostname = '', platform_name: platform = '', last_seen: seen = '' } = device.data
    const known = [
      { key: 'Host', value: hostname },
      { key: 'Agent', value: id },
      { key: 'Platform', value: platform },
      { key: 'Last seen', value: seen },
    ]
    return { id, state: { status }, rows: known.filter(({ value }) => value !== '') }
  }

  /**
   * Sends a request with a token. One that is refused although it came from memory is fetched anew, once.
   * @throws HttpFailure
   */
  call(request: ApiRequest, args: CrowdstrikeArgs, context: ReadContext): Promise<IncomingAnswer> {
    return this.#tokens.call(
      canonicalHash([this.baseOf(args), args.client_id, args.secret_client_secret]),
      () => this.#logIn(args, context),
      (token) => this.#send(request, token, context),
    )
  }

  #send({ method, url, body }: ApiRequest, token: string, context: ReadContext): Promise<IncomingAnswer> {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    return this.#parts.http.send({
      method,
      url,
      headers: { Accept: 'application/json', Authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      isRedirectFollowed: false,
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      secrets: context.secrets,
    })
  }

  async #logIn(args: CrowdstrikeArgs, context: ReadContext): Promise<AccessToken> {
    const { client_id, secret_client_secret: client_secret } = args
    const answer = await this.#parts.http.send({
      method: 'POST',
      url: `${this.baseOf(args)}/oauth2/token`,
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id, client_secret }).toString(),
      isRedirectFollowed: false,
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      secrets: context.secrets,
    })
    if (answer.status >= 300) throw refusal(WHO, answer, context)
    const parsed = tokenSchema.safeParse(answerValue(answer))
    if (!parsed.success) throw badAnswer()
    const { access_token: token, expires_in: seconds } = parsed.data
    context.protect(token)
    return { token, seconds }
  }
}

/** What both actions on a host's network have in common. */
export function crowdstrikeHost(
  client: CrowdstrikeClient,
  actionName: 'contain' | 'lift_containment',
): Pick<
  Containment<CrowdstrikeArgs, HttpRequest>,
  'who' | 'showsLate' | 'args' | 'secretArgs' | 'target' | 'read' | 'requests' | 'send'
> {
  return {
    who: WHO,
    // Its hosts' states are a copy that follows.
    showsLate: true,
    args: crowdstrikeArgs,
    secretArgs: ['secret_client_secret'],
    target: ({ device_id: device }) => device.toLowerCase(),
    read: (args, context) => client.device(args, context),
    requests(args, { id }) {
      const url = `${client.baseOf(args)}/devices/entities/devices-actions/v2?action_name=${actionName}`
      return [httpRequest('POST', url, { ids: [id] })]
    },
    async send(args, request, context) {
      const answer = await client.call(request, args, context)
      if (answer.status >= 300) throw refusal(WHO, answer, context)
      const refused = refusedSchema.safeParse(readable(answer))
      if (!refused.success) return
      const words = refused.data.errors.map(({ message }) => message).join('; ')
      throw new HttpFailure('service_refused', `CrowdStrike did not take the request: ${words}`)
    },
  }
}

/** Null where it cannot be read: the status says that the request was taken, and the host is read next. */
function readable(answer: IncomingAnswer): JsonValue {
  try {
    return answerValue(answer)
  } catch {
    return null
  }
}

function missing(id: string): TocsinError {
  return new TocsinError('target_missing', `CrowdStrike knows no host ${id} that this API client may see.`)
}

function badAnswer(): TocsinError {
  return new TocsinError('bad_answer', 'CrowdStrike answered something that its API does not: check the base address.')
}
