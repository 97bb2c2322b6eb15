import { z } from 'zod'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const JIRA_USER = 'u@e.example'
export const JIRA_TOKEN = 'jira-token-0123456789'

export const JIRA_ISSUE_PATH = '/rest/api/2/issue'
export const JIRA_ATTACHMENTS_PATH = `${JIRA_ISSUE_PATH}/10001/attachments`

/** `Password` is no field of Jira's accounts; clients of the library go-jira send it, and Jira takes no notice. */
const account = z.strictObject({ accountId: z.string().min(1), Password: z.literal('').optional() })
const named = z.strictObject({ name: z.string().min(1) })

/** The fields that the create screen of the fake's project has. */
const fields = z.strictObject({
  project: z.strictObject({ key: z.literal('SEC', 'valid project is required') }),
  issuetype: named.extend({ name: z.enum(['Task', 'Bug'], 'Specify a valid issue type') }),
  summary: z
    .string()
    .min(1, 'You must specify a summary of the issue.')
    .max(255, 'Summary must be less than 255 characters.')
    .regex(/^[^\r\n]*$/, 'The summary is invalid because it contains newline characters.'),
  description: z
    .string()
    .max(32_767, 'The entered text is too long. It exceeds the allowed limit of 32,767 characters.')
    .optional(),
  reporter: account.optional(),
  assignee: account.optional(),
  labels: z.array(z.string().regex(/^\S+$/, 'The label contains spaces which is invalid.')).optional(),
  priority: named.optional(),
})
const issueSchema = z.strictObject({ fields })

/** The published model of a comment, as far as a client may send it. */
const author = z.strictObject({ accountId: z.string().optional(), avatarUrls: z.strictObject({}).optional() })
const commentSchema = z.strictObject({
  body: z.string().min(1, 'Comment body can not be empty!'),
  author: author.optional(),
  updateAuthor: author.optional(),
  visibility: z.strictObject({ type: z.enum(['group', 'role']).optional(), value: z.string().optional() }).optional(),
})

/** A file as it arrived in a form. */
export interface JiraUpload {
  name: string
  type: string
  content: string
}

/** Jira's REST API 2 with the project `SEC`, whose only issue is 10001 or SEC-1. */
export async function startFakeJira(): Promise<FakeRemote> {
  return FakeRemote.start({ service: answer })
}

/** The file of an upload, checked as Jira's form parser does. */
export function uploadOf(call: Received | undefined): JiraUpload | null {
  const [, boundary = ''] =
    /^multipart\/form-data; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})$/.exec(call?.headers['content-type'] ?? '') ?? []
  const body = call?.body ?? ''
  if (boundary === '' || !body.startsWith(`--${boundary}\r\n`) || !body.endsWith(`\r\n--${boundary}--\r\n`)) return null
  const part = body.slice(boundary.length + 4, -boundary.length - 8)
  const end = part.indexOf('\r\n\r\n')
  const head = part.slice(0, end).split('\r\n')
  const [, name] =
    /^Content-Disposition: form-data; name="file"; filename="((?:[^"\\]|\\.)+)"$/.exec(head[0] ?? '') ?? []
  const [, type = ''] = /^Content-Type: (\S+)$/.exec(head[1] ?? '') ?? []
  if (end === -1 || head.length !== 2 || name === undefined || part.includes(`--${boundary}`)) return null
  return { name: name.replace(/\\(.)/g, '$1'), type, content: part.slice(end + 4) }
}

function answer(call: Received): Reply {
  const login = `Basic ${Buffer.from(`${JIRA_USER}:${JIRA_TOKEN}`).toString('base64')}`
  if (call.headers.authorization !== login) {
    return json(401, {
      message: `Client must be authenticated, not by ${call.headers.authorization ?? ''}`,
      'status-code': 401,
    })
  }
  if (call.method !== 'POST') return json(405, { message: 'Method Not Allowed' })
  if (call.path === JIRA_ISSUE_PATH) return createIssue(call)
  const [, issue = '', what = ''] =
    new RegExp(`^${JIRA_ISSUE_PATH}/([^/]+)/(comment|attachments)$`).exec(call.path) ?? []
  if (what === '') return json(404, { message: 'null for uri' })
  if (issue !== '10001' && issue !== 'SEC-1') {
    return json(404, { errorMessages: ['Issue does not exist or you do not have permission to see it.'], errors: {} })
  }
  return what === 'comment' ? addComment(call) : addFile(call)
}

function createIssue(call: Received): Reply {
  const issue = read(issueSchema, call)
  if (!issue.success) return invalid(issue.error)
  return json(201, { id: '10001', key: 'SEC-1', self: `https://j.example${JIRA_ISSUE_PATH}/10001` })
}

function addComment(call: Received): Reply {
  const comment = read(commentSchema, call)
  if (!comment.success) return invalid(comment.error)
  const { body, author: by } = comment.data
  return json(201, { self: `https://j.example${call.path}/5`, id: '5', body, author: by ?? {} })
}

function addFile(call: Received): Reply {
  if (!['no-check', 'nocheck'].includes(call.headers['x-atlassian-token'] ?? '')) {
    return { status: 403, headers: { 'content-type': 'text/html' }, body: 'XSRF check failed' }
  }
  const upload = uploadOf(call)
  if (upload === null) return json(400, { errorMessages: ['The request has no file.'], errors: {} })
  const { name: filename, content, type: mimeType } = upload
  return json(200, [{ id: '9', filename, size: Buffer.byteLength(content), mimeType }])
}

function read<T>(schema: z.ZodType<T>, call: Received): z.ZodSafeParseResult<T> {
  try {
    const isJson = call.headers['content-type'] === 'application/json'
    return schema.safeParse(isJson ? JSON.parse(call.body) : undefined)
  } catch {
    return schema.safeParse(undefined)
  }
}

/** Jira's words: what is wrong by field, unknown ones as not being on the screen. */
function invalid(error: z.ZodError): Reply {
  const errors = error.issues.flatMap((issue): [string, string][] => {
    const field = issue.path.filter((part) => part !== 'fields').join('.')
    if (issue.code !== 'unrecognized_keys') return [[field, issue.message]]
    return issue.keys.map((key) => [
      key,
      `Field '${key}' cannot be set. It is not on the appropriate screen, or unknown.`,
    ])
  })
  return json(400, { errorMessages: [], errors: Object.fromEntries(errors) })
}

function json(status: number, body: object): Reply {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8' }, body: JSON.stringify(body) }
}
