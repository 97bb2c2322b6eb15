import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { canonicalHash } from '../forms/canonical.ts'
import type { HttpPort, IncomingAnswer, OutgoingRequest } from '../http/http-port.ts'
import type { Clock } from '../ports/ports.ts'
import { AccessTokens, type AccessToken } from './access-tokens.ts'
import type { ReadContext } from './action-definition.ts'
import { statusFailure } from './http-answer.ts'
import { rs256Jwt } from './rs256-jwt.ts'

const TOKEN_URI = 'https://oauth2.googleapis.com/token'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** The longest that Google accepts (OAuth 2.0 for service accounts). */
const ASSERTION_S = 3600

const GOOGLE_HOST = /(^|\.)(googleapis|google)\.com$/

/** The file that the Cloud console makes for a key; it has further fields. */
const credentialsSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  token_uri: z.string().default(TOKEN_URI),
})

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** What a token is for. */
export interface GoogleGrant {
  /** The rights that it has, and no others. */
  scope: string
  /** In whose name it acts, by domain-wide delegation; the service account's own unless told. */
  subject?: string
}

/** A service account and what it asks for, with a name for its tokens that is no secret. */
export type GoogleAccount = z.infer<typeof credentialsSchema> & { id: string; grant: GoogleGrant }

type ApiRequest = Pick<OutgoingRequest, 'method' | 'url' | 'isRedirectFollowed'> & { body?: string }

export interface GoogleApiParts {
  http: HttpPort
  /** The process variables at start. */
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

/** Calls Google's APIs as a service account. Tokens are kept in memory only, until they end. */
export class GoogleApi {
  readonly #parts: GoogleApiParts
  readonly #tokens: AccessTokens

  constructor(parts: GoogleApiParts) {
    this.#parts = parts
    this.#tokens = new AccessTokens(parts.clock)
  }

  /**
   * @param credentials the key file's text; undefined means the file that `GOOGLE_APPLICATION_CREDENTIALS` names
   * @throws TocsinError `no_google_credentials`, `bad_google_credentials`
   */
  async account(credentials: string | undefined, grant: GoogleGrant): Promise<GoogleAccount> {
    const text = credentials ?? (await this.#file())
    const parsed = credentialsSchema.safeParse(parse(text))
    if (!parsed.success) {
      throw badCredentials(
        'are no key of a service account: make one in the Cloud console (IAM, Service accounts, Keys) and give the whole JSON file',
      )
    }
    this.#checkTokenUri(parsed.data.token_uri)
    return { ...parsed.data, grant, id: canonicalHash([text, grant.scope, grant.subject ?? null]) }
  }

  /**
   * Sends a request with a token of the account. A token that is refused although it came from memory is fetched anew, once.
   * @throws HttpFailure
   */
  send(account: GoogleAccount, request: ApiRequest, context: ReadContext): Promise<IncomingAnswer> {
    return this.#tokens.call(
      account.id,
      () => this.#logIn(account, context),
      (token) => this.#call(request, token, context),
    )
  }

  async #call(request: ApiRequest, token: string, context: ReadContext): Promise<IncomingAnswer> {
    const type = request.body === undefined ? {} : { 'Content-Type': 'application/json' }
    const headers = { Accept: 'application/json', Authorization: `Bearer ${token}`, ...type }
    return this.#parts.http.send({ ...request, headers, ...sendingOf(context) })
  }

  async #logIn(account: GoogleAccount, context: ReadContext): Promise<AccessToken> {
    const answer = await this.#parts.http.send({
      method: 'POST',
      url: account.token_uri,
      headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion: this.#assertion(account) }).toString(),
      ...sendingOf(context),
    })
    if (answer.status >= 400) throw statusFailure('Google’s log-in', answer)
    const parsed = tokenSchema.safeParse(parse(answer.body.toString('utf8')))
    if (!parsed.success) {
      throw new TocsinError('bad_answer', `${account.token_uri} answered without a token: check token_uri of the key.`)
    }
    const { access_token: token, expires_in: seconds } = parsed.data
    context.protect(token)
    return { token, seconds }
  }

  #assertion({
    client_email: email,
    token_uri: audience,
    private_key: key,
    private_key_id: keyId,
    grant: { scope, subject },
  }: GoogleAccount): string {
    const now = Math.floor(this.#parts.clock.now() / 1000)
    const claims = { iss: email, scope, aud: audience, iat: now, exp: now + ASSERTION_S }
    return rs256Jwt(subject === undefined ? claims : { ...claims, sub: subject }, key, keyId)
  }

  async #file(): Promise<string> {
    const path = this.#parts.env.GOOGLE_APPLICATION_CREDENTIALS ?? ''
    if (path === '') {
      throw new TocsinError(
        'no_google_credentials',
        'There are no Google credentials: give the key of a service account as secret_credentials, or name its file in GOOGLE_APPLICATION_CREDENTIALS before Tocsin starts.',
      )
    }
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      throw badCredentials(`cannot be read from GOOGLE_APPLICATION_CREDENTIALS (${errorMessage(error)})`)
    }
  }

  /** A key file says where its log-in is: only Google, or an address that the user allows, gets what is signed with the key. */
  #checkTokenUri(uri: string): void {
    const url = URL.parse(uri)
    if (url?.protocol === 'https:' && GOOGLE_HOST.test(url.hostname)) return
    if (url !== null && this.#parts.http.isListed(uri)) return
    throw badCredentials(
      `have the token_uri ${url?.host ?? 'of no URL'}, which is no https: address of Google; allow it by TOCSIN_NET_ALLOW or Settings if it is meant`,
    )
  }
}

function sendingOf({
  remainingMs,
  signal,
  secrets,
}: ReadContext): Pick<OutgoingRequest, 'timeoutMs' | 'signal' | 'secrets'> {
  return { timeoutMs: remainingMs(), signal, secrets }
}

function badCredentials(why: string): TocsinError {
  return new TocsinError('bad_google_credentials', `The Google credentials ${why}.`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
