import { generateKeyPairSync, verify } from 'node:crypto'
import type { Received, Reply } from './fake-remote.ts'

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
const EMAIL = 'tocsin@my-project.iam.gserviceaccount.com'
const KEY_ID = '0123456789abcdef0123456789abcdef01234567'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** A key file as the Cloud console makes it, whose log-in is the fake at `url`. */
export function googleCredentials(url: string, change: Record<string, string> = {}): string {
  const file = {
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: KEY_ID,
    private_key: KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: EMAIL,
    client_id: '123456789012345678901',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: `${url}/token`,
    universe_domain: 'googleapis.com',
    ...change,
  }
  return JSON.stringify(file, null, 2)
}

/** Google's log-in for service accounts: hands out tokens for signed assertions, and knows those it handed out. */
export class FakeGoogleLogin {
  readonly #scope: string
  readonly #subject: string | undefined
  readonly #tokens = new Set<string>()
  #count = 0

  /** @param subject in whose name the account may act, and has to */
  constructor(scope: string, subject?: string) {
    this.#scope = scope
    this.#subject = subject
  }

  /** Ends every token before its time. */
  revoke(): void {
    this.#tokens.clear()
  }

  knows(authorization: string | undefined): boolean {
    return this.#tokens.has(authorization?.replace(/^Bearer /, '') ?? '')
  }

  answer(call: Received, url: string): Reply {
    if (call.method !== 'POST' || call.headers['content-type'] !== 'application/x-www-form-urlencoded')
      return refusal('invalid_request', 'Bad Request')
    const form = Object.fromEntries(new URLSearchParams(call.body))
    const { grant_type: grantType, assertion = '', ...unknown } = form
    if (grantType !== GRANT_TYPE) return refusal('unsupported_grant_type', `Invalid grant_type: ${grantType ?? ''}`)
    if (Object.keys(unknown).length > 0) return refusal('invalid_request', 'Unknown parameter')
    const wrong = this.#check(assertion, `${url}/token`)
    if (wrong !== null) return refusal('invalid_grant', wrong)
    this.#count += 1
    const token = `ya29.fake-token-${this.#count}`
    this.#tokens.add(token)
    return { body: JSON.stringify({ access_token: token, expires_in: 3599, token_type: 'Bearer' }) }
  }

  #check(assertion: string, audience: string): string | null {
    const [header = '', claims = '', signature = ''] = assertion.split('.')
    const { alg, typ, kid, ...moreHeader } = decoded(header)
    if (alg !== 'RS256' || typ !== 'JWT' || kid !== KEY_ID || Object.keys(moreHeader).length > 0)
      return 'Invalid JWT header.'
    const bytes = Buffer.from(`${header}.${claims}`)
    if (!verify('sha256', bytes, KEYS.publicKey, Buffer.from(signature, 'base64url'))) return 'Invalid JWT Signature.'
    const { iss, scope, aud, iat, exp, sub, ...moreClaims } = decoded(claims)
    if (iss !== EMAIL || Object.keys(moreClaims).length > 0) return 'Invalid grant: account not found'
    if (aud !== audience) return 'Invalid JWT: Failed audience check.'
    if (sub !== this.#subject) return 'Client is unauthorized to retrieve access tokens using this method.'
    if (scope !== this.#scope) return 'Invalid OAuth scope or ID token audience provided.'
    const now = Date.now() / 1000
    const isShort =
      typeof iat === 'number' && typeof exp === 'number' && exp - iat <= 3600 && iat <= now + 300 && exp > now
    return isShort ? null : 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.'
  }
}

function decoded(part: string): Record<string, unknown> {
  try {
    // Checked field by field.
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}

function refusal(error: string, description: string): Reply {
  return { status: 400, body: JSON.stringify({ error, error_description: description }) }
}
