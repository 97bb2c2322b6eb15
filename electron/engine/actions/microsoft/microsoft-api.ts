import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import type { Clock } from '../../ports/ports.ts'
import { AccessTokens, type AccessToken } from '../access-tokens.ts'
import type { ReadContext } from '../action-definition.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import type { ServiceUrl } from '../service-url.ts'

const WHO = 'Microsoft’s log-in'

/** A GUID in a pattern, as Microsoft writes ids. */
export const GUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'

/** An id of Microsoft's. */
export const guid = z.string().regex(new RegExp(`^${GUID}$`), 'is no id like 01234567-89ab-cdef-0123-456789abcdef')

/** `common`, `organizations` and `consumers` are no tenants: an app logs in to one directory. */
const TENANT = new RegExp(`^(?:${GUID}|(?!-)[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,5})$`)

/** The arguments by which an app logs in, for `z.strictObject` of each action. */
export const microsoftAccountArgs = {
  tenant_id: z
    .string()
    .regex(TENANT, 'is no tenant: its id, or a domain like example.onmicrosoft.com')
    .describe('Id or domain of the tenant'),
  client_id: guid.describe('Id of the app registration'),
  secret_client_secret: z.string().min(1).describe('Client secret of the app registration'),
}

/** Who logs in. */
export type MicrosoftAccount = Readonly<Record<keyof typeof microsoftAccountArgs, string>>

/** Of the answer of the token endpoint ("OAuth 2.0 client credentials flow"), what is read. */
const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

export interface MicrosoftRequest {
  method: string
  url: string
  body?: JsonValue
}

export interface MicrosoftParts {
  http: HttpPort
  serviceUrl: ServiceUrl
  clock: Clock
}

/** Calls Microsoft's APIs as an app, by client credentials (OAuth 2.0). Tokens are kept in memory only, until they end. */
export class MicrosoftApi {
  readonly #parts: MicrosoftParts
  readonly #tokens: AccessTokens

  constructor(parts: MicrosoftParts) {
    this.#parts = parts
    this.#tokens = new AccessTokens(parts.clock)
  }

  /**
   * Sends a request with a token of the app for one API. A token that is refused although it came from memory is fetched
   * anew, once. Redirects are not followed.
   * @param resource the API that the token is for: `https://graph.microsoft.com`
   * @returns the answer, whatever its status
   * @throws HttpFailure (`key_refused` where the log-in is refused), TocsinError `bad_answer`
   */
  call(
    request: MicrosoftRequest,
    { account, resource }: { account: MicrosoftAccount; resource: string },
    context: ReadContext,
  ): Promise<IncomingAnswer> {
    const { tenant_id: tenant, client_id: client, secret_client_secret: secret } = account
    return this.#tokens.call(
      canonicalHash([this.#loginUrl(account), resource, tenant, client, secret]),
      () => this.#logIn(account, resource, context),
      (token) => this.#send(request, token, context),
    )
  }

  #loginUrl({ tenant_id: tenant }: MicrosoftAccount): string {
    return `${this.#parts.serviceUrl('LOGIN_BASE_URL')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
  }

  #send({ method, url, body }: MicrosoftRequest, token: string, context: ReadContext): Promise<IncomingAnswer> {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    return this.#parts.http.send({
      method,
      url,
      headers: { Accept: 'application/json', Authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...sendingOf(context),
    })
  }

  async #logIn(account: MicrosoftAccount, resource: string, context: ReadContext): Promise<AccessToken> {
    const { client_id, secret_client_secret: client_secret } = account
    const form = { client_id, client_secret, scope: `${resource}/.default`, grant_type: 'client_credentials' }
    const answer = await this.#parts.http.send({
      method: 'POST',
      url: this.#loginUrl(account),
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      ...sendingOf(context),
    })
    if (answer.status >= 300) throw refusal(WHO, answer, context)
    const parsed = tokenSchema.safeParse(answerValue(answer))
    if (!parsed.success) {
      throw new TocsinError('bad_answer', `${WHO} answered without a token: check LOGIN_BASE_URL.`)
    }
    const { access_token: token, expires_in: seconds } = parsed.data
    context.protect(token)
    return { token, seconds }
  }
}

function sendingOf({ remainingMs, signal, secrets }: ReadContext) {
  return { isRedirectFollowed: false, timeoutMs: remainingMs(), signal, secrets }
}
