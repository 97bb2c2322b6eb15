import { generateKeyPairSync, verify } from 'node:crypto'
import { z } from 'zod'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const GITHUB_APP_ID = 1
export const GITHUB_INSTALL_ID = 2
export const GITHUB_PKCS1 = KEYS.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
export const GITHUB_PKCS8 = KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export const GITHUB_TOKEN_PATH = `/app/installations/${GITHUB_INSTALL_ID}/access_tokens`
export const GITHUB_ISSUES_PATH = '/repos/o/r/issues'

/** The published model of "Create an issue"; `assignee` is in it, if deprecated. */
const issueSchema = z.strictObject({
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).optional(),
  assignee: z.string().nullish(),
  assignees: z.array(z.string()).optional(),
  labels: z.array(z.string().min(1)).optional(),
  milestone: z.int().nullish(),
  type: z.string().nullish(),
})
const commentSchema = z.strictObject({ body: z.string().min(1).max(65_536) })
/** The published model of "Create an installation access token". */
const tokenSchema = z
  .strictObject({
    repositories: z.array(z.string()).optional(),
    repository_ids: z.array(z.int()).optional(),
    permissions: z.record(z.string(), z.string()).optional(),
  })
  .nullable()

export interface FakeGithubOptions {
  /** How long access tokens live; GitHub's live an hour. */
  tokenLifeMs?: number
}

/** What a test may do to the fake while it runs. */
export interface FakeGithub {
  remote: FakeRemote
  /** Ends every access token before its time. */
  revoke(): void
}

/**
 * GitHub's REST API for one App with one installation on the repository `o/r`, which has the issues 1 to 5;
 * `GITHUB_API_URL` is its `url`.
 */
export async function startFakeGithub(options: FakeGithubOptions = {}): Promise<FakeGithub> {
  const tokens = new Map<string, number>()
  let made = 665
  const service = (call: Received): Reply => {
    if (call.method !== 'POST') return refusal(404, 'Not Found')
    if (!call.headers['user-agent']) {
      return refusal(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      )
    }
    if (call.headers['content-type'] !== 'application/json') return refusal(415, 'Unsupported Media Type')
    if (call.path.startsWith('/app/')) return accessToken(call, tokens, options.tokenLifeMs ?? 3_600_000)
    const [, endsAt = 0] = [...tokens].find(([token]) => call.headers.authorization === `token ${token}`) ?? []
    if (endsAt <= Date.now()) return refusal(401, 'Bad credentials')
    made += 1
    return resource(call, made)
  }
  return { remote: await FakeRemote.start({ service }), revoke: () => tokens.clear() }
}

function accessToken(call: Received, tokens: Map<string, number>, lifeMs: number): Reply {
  const wrong = jwtFault(/^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1] ?? '')
  if (wrong !== null) return refusal(401, wrong)
  if (call.path !== GITHUB_TOKEN_PATH) return refusal(404, 'Not Found')
  const request = call.body === '' ? tokenSchema.safeParse(null) : read(tokenSchema, call.body)
  if (!request.success) return invalid(request.error)
  const token = `ghs_${String(tokens.size + 1).padStart(36, '0')}`
  const endsAt = Date.now() + lifeMs
  tokens.set(token, endsAt)
  return json(201, {
    token,
    expires_at: new Date(endsAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    permissions: { issues: 'write', metadata: 'read' },
    repository_selection: 'selected',
  })
}

/** GitHub's checks of an App's token, in its words. */
function jwtFault(jwt: string): string | null {
  const [header = '', claims = '', signature = '', ...rest] = jwt.split('.')
  const undecodable = 'A JSON web token could not be decoded'
  if (rest.length > 0 || !verify('sha256', Buffer.from(`${header}.${claims}`), KEYS.publicKey, bytes(signature)))
    return undecodable
  const { alg } = decoded(header)
  const { iss, iat, exp } = decoded(claims)
  if (alg !== 'RS256') return undecodable
  if (String(iss) !== String(GITHUB_APP_ID)) return 'Integration not found'
  const now = Date.now() / 1000
  if (typeof iat !== 'number' || iat > now)
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
  if (typeof exp !== 'number' || exp <= now) return "'Expiration time' claim ('exp') is too far in the past"
  return exp > now + 600 ? "'Expiration time' claim ('exp') is too far in the future" : null
}

function resource(call: Received, made: number): Reply {
  if (call.path === GITHUB_ISSUES_PATH) {
    const issue = read(issueSchema, call.body)
    if (!issue.success) return invalid(issue.error)
    const { title, body = null, labels = [] } = issue.data
    const labelled = labels.map((name) => ({ name }))
    return json(201, { ...urls(made), id: made, number: made, state: 'open', title, body, labels: labelled })
  }
  const [, number = ''] = new RegExp(`^${GITHUB_ISSUES_PATH}/(\\d+)/comments$`).exec(call.path) ?? []
  if (number === '' || Number(number) > 5) return refusal(404, 'Not Found')
  const comment = read(commentSchema, call.body)
  if (!comment.success) return invalid(comment.error)
  return json(201, { ...urls(Number(number)), id: made, body: comment.data.body })
}

function urls(number: number): { url: string; html_url: string } {
  return {
    url: `https://api.github.com/repos/o/r/issues/${number}`,
    html_url: `https://github.com/o/r/issues/${number}`,
  }
}

function read<T>(schema: z.ZodType<T>, body: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(JSON.parse(body))
  } catch {
    return schema.safeParse(undefined)
  }
}

function invalid(error: z.ZodError): Reply {
  const errors = error.issues.map(({ path, message }) => ({
    resource: 'Issue',
    field: path.join('.'),
    code: 'custom',
    message,
  }))
  return json(422, {
    message: 'Validation Failed',
    errors,
    documentation_url: 'https://docs.github.com/rest',
    status: '422',
  })
}

function refusal(status: number, message: string): Reply {
  return json(status, { message, documentation_url: 'https://docs.github.com/rest', status: String(status) })
}

function json(status: number, body: object): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) }
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(bytes(part).toString()) as Record<string, unknown>
}

function bytes(part: string): Buffer {
  return Buffer.from(part, 'base64url')
}
