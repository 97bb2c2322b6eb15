import type { JsonValue } from '../../../../shared/model/json.ts'
import type { HttpFailure } from '../../http/http-failure.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import type { ReadContext } from '../action-definition.ts'
import { refusal } from '../inspect/ask-service.ts'
import type { ServiceUrl } from '../service-url.ts'

const FORBIDDEN = 403
const TOO_MANY_REQUESTS = 429

export interface GithubRequest {
  method: string
  /** Below the API's address, with a slash. */
  path: string
  body?: JsonValue
  /** Whose request it is; null of one that nobody makes. */
  token: string | null
}

/** GitHub's REST API by a token in hand. */
export class GithubRest {
  readonly #http: HttpPort
  readonly #serviceUrl: ServiceUrl

  constructor(http: HttpPort, serviceUrl: ServiceUrl) {
    this.#http = http
    this.#serviceUrl = serviceUrl
  }

  /** Where a path is. */
  urlOf(path: string): string {
    return `${this.#serviceUrl('GITHUB_API_URL')}${path}`
  }

  /** @returns the answer, whatever its status; redirects are not followed @throws HttpFailure */
  call({ method, path, body, token }: GithubRequest, context: ReadContext): Promise<IncomingAnswer> {
    return this.#http.send({
      method,
      url: this.urlOf(path),
      headers: {
        Accept: 'application/vnd.github+json',
        // GitHub refuses requests without this.
        'User-Agent': 'tocsin',
        'X-GitHub-Api-Version': '2022-11-28',
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      isRedirectFollowed: false,
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      secrets: context.secrets,
    })
  }
}

/**
 * What a status says that is no success. GitHub answers too many requests with 403 as well, then with none left until
 * `x-ratelimit-reset` ("Rate limits for the REST API").
 */
export function githubRefusal(answer: IncomingAnswer, context: ReadContext): HttpFailure {
  const { status, headers } = answer
  const isLoad = status === TOO_MANY_REQUESTS || (status === FORBIDDEN && headers['x-ratelimit-remaining'] === '0')
  if (!isLoad) return refusal('GitHub', answer, context)
  const reset = headers['x-ratelimit-reset']
  const known = reset === undefined ? headers : { ...headers, 'x-rate-limit-reset': reset }
  return refusal('GitHub', { ...answer, status: TOO_MANY_REQUESTS, headers: known }, context)
}
