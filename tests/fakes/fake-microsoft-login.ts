import type { Received, Reply } from './fake-remote.ts'

export const MICROSOFT_TENANT = '5b2e9c10-7d64-4f3a-9b1c-2e8f6a0d4c73'
export const MICROSOFT_CLIENT = 'c1d2e3f4-0a1b-4c2d-8e3f-405162738495'
export const MICROSOFT_LOGIN_PATH = `/${MICROSOFT_TENANT}/oauth2/v2.0/token`

const FORM = ['client_id', 'client_secret', 'scope', 'grant_type']

/**
 * The token endpoint of the Microsoft identity platform ("OAuth 2.0 client credentials flow", first case: a shared secret).
 * It takes no other form, knows one app in one tenant, and the tokens that it gave.
 */
export class FakeMicrosoftLogin {
  readonly #secret: string
  readonly #resource: string
  readonly #tokens = new Set<string>()
  #count = 0

  /** @param resource the only API that the app has rights for: `https://graph.microsoft.com` */
  constructor(secret: string, resource: string) {
    this.#secret = secret
    this.#resource = resource
  }

  /** Ends every token before its time. */
  revoke(): void {
    this.#tokens.clear()
  }

  knows(authorization: string | undefined): boolean {
    return this.#tokens.has(authorization?.replace(/^Bearer /, '') ?? '')
  }

  answer({ method, path, query, headers, body }: Received): Reply {
    if (method !== 'POST' || headers['content-type'] !== 'application/x-www-form-urlencoded' || query.size > 0)
      return refusal(400, 'invalid_request', 'AADSTS900144: The request is no POST of a form.')
    if (path !== MICROSOFT_LOGIN_PATH) return refusal(400, 'invalid_request', 'AADSTS90002: Tenant not found.')
    const form = new URLSearchParams(body)
    if ([...form.keys()].toSorted().join() !== FORM.toSorted().join())
      return refusal(400, 'invalid_request', 'AADSTS900144: The request body has other parameters.')
    if (form.get('grant_type') !== 'client_credentials')
      return refusal(400, 'unsupported_grant_type', 'AADSTS70003: The grant type is not supported.')
    if (form.get('client_id') !== MICROSOFT_CLIENT)
      return refusal(400, 'unauthorized_client', 'AADSTS700016: The application was not found in the directory.')
    if (form.get('client_secret') !== this.#secret)
      return refusal(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.')
    if (form.get('scope') !== `${this.#resource}/.default`)
      return refusal(400, 'invalid_resource', 'AADSTS500011: The resource principal was not found in the tenant.')
    this.#count += 1
    const token = `eyJ0.token-of-the-fake-${this.#count}.x`
    this.#tokens.add(token)
    return {
      body: JSON.stringify({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: token }),
    }
  }
}

function refusal(status: number, error: string, description: string): Reply {
  const codes = [Number(/\d+/.exec(description)?.[0])]
  return { status, body: JSON.stringify({ error, error_description: description, error_codes: codes }) }
}
