import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import type { RunContext } from './action-definition.ts'
import { isBaseUrl, trimmedUrl } from './base-url.ts'
import { createdObject, createdValue } from './created-value.ts'

/** Who acts, and where: the arguments that all Jira actions have. */
export const jiraLogin = {
  account_id: z.string().min(1).describe('Account that reports or comments'),
  user: z
    .string()
    .min(1)
    .refine((text) => !text.includes(':'), 'holds a colon')
    .describe('Log-in name, in Cloud the e-mail address'),
  secret_token: z.string().min(1).describe('API token or password of the user'),
  base_url: z
    .string()
    .refine((text) => isBaseUrl(text), 'is no address like https://name.atlassian.net')
    .describe('Where Jira is, like https://name.atlassian.net; http: only to allowed addresses'),
}

export interface JiraLogin {
  account_id: string
  user: string
  secret_token: string
  base_url: string
}

/** Of the issues: a key like SEC-1, or a number. */
export const jiraIssue = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/, 'is no issue: write a key like SEC-1, or its number')
  .describe('Issue, by key or number')

export const JIRA_SECRET_ARGS = ['secret_token']
export const JIRA_TIMEOUT_MS = 120_000
export const JIRA_RETRY_DELAYS_MS = [1000, 5000]

const CREATED = 201
const OK = 200

export interface JiraFile {
  name: string
  content: string
}

/** Jira's REST API, version 2 (its texts are wiki markup), by user name and token. */
export class JiraClient {
  readonly #http: HttpPort

  constructor(http: HttpPort) {
    this.#http = http
  }

  /** @throws HttpFailure, UnknownOutcome `bad_answer` */
  async create(login: JiraLogin, path: string, body: JsonObject, context: RunContext): Promise<JsonObject> {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await this.#post(login, path, headers, JSON.stringify(body), context)
    return createdObject('Jira', answer, CREATED)
  }

  /**
   * @param issue key or number
   * @returns what Jira says of the attachments, a list
   * @throws HttpFailure, UnknownOutcome `bad_answer`
   */
  async attach(login: JiraLogin, issue: string, file: JiraFile, context: RunContext): Promise<JsonValue> {
    const boundary = randomBytes(30).toString('hex')
    const headers = {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      // Without it Jira takes an upload for a forged one.
      'X-Atlassian-Token': 'nocheck',
    }
    const path = `/issue/${encodeURIComponent(issue)}/attachments`
    return createdValue('Jira', await this.#post(login, path, headers, multipart(file, boundary), context), OK)
  }

  #post(
    { base_url: baseUrl, user, secret_token: token }: JiraLogin,
    path: string,
    headers: Record<string, string>,
    body: string,
    context: RunContext,
  ): Promise<IncomingAnswer> {
    const login = Buffer.from(`${user}:${token}`).toString('base64')
    return this.#http.send({
      method: 'POST',
      url: `${trimmedUrl(baseUrl)}/rest/api/2${path}`,
      headers: { Authorization: `Basic ${login}`, ...headers },
      body,
      timeoutMs: context.remainingMs(),
      signal: context.signal,
      secrets: context.secrets,
    })
  }
}

/** One file as a form's field `file` (RFC 7578); its name is escaped as browsers and Go do. */
function multipart({ name, content }: JiraFile, boundary: string): string {
  const quoted = name
    .replace(/[\\"]/g, String.raw`\$&`)
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="file"; filename="${quoted}"`,
    'Content-Type: application/octet-stream',
    '',
    content,
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

/** `name.atlassian.net`. */
export function jiraHost({ base_url: baseUrl }: JiraLogin): string {
  return URL.parse(baseUrl)?.host ?? baseUrl
}
