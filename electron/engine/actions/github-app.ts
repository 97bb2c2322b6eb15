import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import type { Clock } from '../ports/ports.ts'
import { AccessTokens, type AccessToken } from './access-tokens.ts'
import type { RunContext } from './action-definition.ts'
import { createdObject } from './created-value.ts'
import { answerValue, statusFailure } from './http-answer.ts'
import { rs256Jwt } from './rs256-jwt.ts'
import type { ServiceUrl } from './service-url.ts'

/** Who acts, and where: the arguments that all GitHub actions have. */
export const githubLogin = {
  app_id: z.int().min(1).describe('ID of the GitHub App'),
  install_id: z.int().min(1).describe('ID of its installation'),
  secret_private_key: z
    .string()
    .min(1)
    .describe('Its private key as PEM: RSA, PKCS#1 or PKCS#8; line ends may be written \\n'),
  owner: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'is no name of a user or an organization')
    .describe('Owner of the repository'),
  repo: z
    .string()
    .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'is no name of a repository')
    .describe('Name of the repository'),
}

export interface GithubLogin {
  app_id: number
  install_id: number
  secret_private_key: string
  owner: string
  repo: string
}

export const GITHUB_SECRET_ARGS = ['secret_private_key']

/** GitHub asks for a minute after too many requests, which an attempt should outlive. */
export const GITHUB_TIMEOUT_MS = 120_000
export const GITHUB_RETRY_DELAYS_MS = [1000, 5000]

/** GitHub wants the App's JWT issued in the past, against clocks that differ, and ending within ten minutes. */
const JWT_BACKDATE_S = 60
const JWT_LIFE_S = 10 * 60

const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.string() })

/** GitHub refuses requests without this. */
const USER_AGENT = 'tocsin'

const CREATED = 201

export interface GithubParts {
  http: HttpPort
  serviceUrl: ServiceUrl
  clock: Clock
}

/** Calls GitHub as installations of Apps. Tokens are kept in memory only, until shortly before they end. */
export class GithubApps {
  readonly #parts: GithubParts
  readonly #tokens: AccessTokens

  constructor(parts: GithubParts) {
    this.#parts = parts
    this.#tokens = new AccessTokens(parts.clock)
  }

  /** Where GitHub is, for plans: `api.github.com`. */
  get host(): string {
    return URL.parse(this.#base)?.host ?? this.#base
  }

  get #base(): string {
    return this.#parts.serviceUrl('GITHUB_API_URL')
  }

  /**
   * Creates something in the repository; only 201 is success. A token that is refused although it came from memory is fetched
   * anew, once.
   * @param path below the repository, with a slash
   * @param accept media type of GitHub's REST API
   * @throws HttpFailure, TocsinError `bad_private_key`, UnknownOutcome `bad_answer`
   */
  async create(
    login: GithubLogin,
    { path, accept, body }: { path: string; accept: string; body: JsonObject },
    context: RunContext,
  ): Promise<JsonObject> {
    const url = `${this.#base}/repos/${login.owner}/${login.repo}${path}`
    const text = JSON.stringify(body)
    const answer = await this.#tokens.call(
      tokenKey(this.#base, login),
      () => this.#fetchToken(login, context),
      (token) => this.#post(url, `token ${token}`, accept, text, context),
    )
    return createdObject('GitHub', answer, CREATED)
  }

  async #fetchToken(login: GithubLogin, context: RunContext): Promise<AccessToken> {
    const url = `${this.#base}/app/installations/${login.install_id}/access_tokens`
    const jwt = this.#jwt(login)
    context.protect(jwt)
    const answer = await this.#post(url, `Bearer ${jwt}`, 'application/vnd.github.v3+json', 'null', context)
    if (answer.status !== CREATED) throw statusFailure('GitHub', answer)
    const parsed = tokenSchema.safeParse(answerValue(answer))
    if (!parsed.success) {
      throw new TocsinError(
        'bad_answer',
        'GitHub answered with something that is no access token: check GITHUB_API_URL.',
      )
    }
    const { token, expires_at: endsAt } = parsed.data
    context.protect(token)
    const leftMs = Date.parse(endsAt) - this.#parts.clock.now()
    return { token, seconds: Number.isNaN(leftMs) ? 0 : leftMs / 1000 }
  }

  #jwt({ app_id: appId, secret_private_key: privateKey }: GithubLogin): string {
    const issuedAt = Math.floor(this.#parts.clock.now() / 1000) - JWT_BACKDATE_S
    return rs256Jwt({ iss: String(appId), exp: issuedAt + JWT_LIFE_S, iat: issuedAt }, privateKey)
  }

  #post(
    url: string,
    authorization: string,
    accept: string,
    body: string,
    context: RunContext,
  ): Promise<IncomingAnswer> {
    return this.#parts.http.send({
      method: 'POST',
      url,
      headers: {
        Accept: accept,
        Authorization: authorization,
        'Content-Type': 'application/json',
        'User-Agent': USER_AGENT,
      },
      body,
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      secrets: context.secrets,
    })
  }
}

/** The key is part of it: who has another key must not act by this one's token. */
function tokenKey(base: string, login: GithubLogin): string {
  const { app_id: appId, install_id: installId, secret_private_key: privateKey } = login
  return createHash('sha256')
    .update(JSON.stringify([base, appId, installId, privateKey]))
    .digest('hex')
}
