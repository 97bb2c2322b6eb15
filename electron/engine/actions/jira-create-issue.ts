import { z } from 'zod'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { defineAction, type Action, type RunContext } from './action-definition.ts'
import { alertField, alertRaw, excerpt } from './alert-text.ts'
import {
  JIRA_RETRY_DELAYS_MS,
  JIRA_SECRET_ARGS,
  JIRA_TIMEOUT_MS,
  jiraHost,
  jiraLogin,
  type JiraClient,
  type JiraFile,
} from './jira-client.ts'
import { jiraDescription, MAX_SUMMARY } from './jira-description.ts'
import { isRepeatSafe } from './repeat.ts'
import { ticketTitle } from './ticket-text.ts'

/** Longer answers than this are pages, not messages. */
const MAX_MESSAGE = 1000

const argsSchema = z.strictObject({
  ...jiraLogin,
  project: z.string().min(1).describe('Key of the project, like SEC'),
  issue_type: z.string().min(1).describe('Name of the issue type, like Task'),
  labels: z
    .array(z.string().regex(/^\S{1,255}$/, 'is no label: Jira takes none with spaces'))
    .optional()
    .describe('Labels of the issue, without spaces'),
  assignee: z.string().optional().describe('Account that gets it'),
})
type Args = z.infer<typeof argsSchema>

/** Creates an issue that shows the alert, and attaches the raw event to it. */
export function jiraCreateIssue(jira: JiraClient): Action {
  return defineAction<Args>({
    uses: 'jira.create_issue',
    args: argsSchema,
    secretArgs: JIRA_SECRET_ARGS,
    lockedArgs: [],
    timeoutMs: JIRA_TIMEOUT_MS,
    retryDelaysMs: JIRA_RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'Jira takes no key by which it could be found again.',
    effect: () => 'notify',
    title: ({ issue_type: type, project }) => `Create a ${type} in ${project} in Jira`,
    target: (args) => `${args.project} (${jiraHost(args)})`,
    effectSentence: ({ project }) =>
      `An issue with the raw event as a file appears in ${project}, and Jira tells those who watch it. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args, { alert }) {
      const file = fileOf(alert)
      const { assignee = '', labels = [] } = args
      const rows = [
        { key: 'Project', value: `${args.project} (${jiraHost(args)})` },
        { key: 'Type', value: args.issue_type },
        { key: 'Summary', value: ticketTitle(alert, MAX_SUMMARY) },
        { key: 'Reporter', value: args.account_id },
        ...(assignee === '' ? [] : [{ key: 'Assignee', value: assignee }]),
        ...(labels.length === 0 ? [] : [{ key: 'Labels', value: labels.join(', ') }]),
        { key: 'Description', value: excerpt(jiraDescription(alert)) },
        { key: 'File', value: `${file.name}, ${Buffer.byteLength(file.content)} bytes` },
      ]
      return { rows, bound: null }
    },
    async run(args, context) {
      const { alert } = context.subject
      const issue = await jira.create(args, '/issue', { fields: fieldsOf(args, alert) }, context)
      const missing = await attach(jira, args, issue, context)
      return missing === null ? issue : { ...issue, attachment_error: missing }
    },
  })
}

/**
 * From here on the issue exists. A failure of the attachment is part of the result: as a failure of the action, a re-run or
 * another try would create a second issue, and the key of the first would be lost to the policy.
 * @returns null when the file is there
 */
async function attach(
  jira: JiraClient,
  args: Args,
  issue: JsonObject,
  context: RunContext,
): Promise<{ code: string; message: string } | null> {
  const id = idOf(issue)
  if (id === null) return { code: 'bad_answer', message: 'Jira did not say which issue it made: nothing was attached.' }
  const file = fileOf(context.subject.alert)
  for (const delayMs of [...JIRA_RETRY_DELAYS_MS, null]) {
    try {
      await jira.attach(args, id, file, context)
      return null
    } catch (error) {
      const waitMs = isRepeatSafe(error, false) ? Math.max(delayMs ?? Infinity, error.retryAfterMs ?? 0) : Infinity
      const isOver = waitMs >= context.remainingMs() || (await isStopped(context, waitMs))
      if (isOver) return { code: errorCode(error), message: `${file.name} may be missing: ${shortMessage(error)}` }
    }
  }
  return null
}

/** Of an error page only what stands before it: cut anywhere else, half a secret could be left that nobody recognises. */
function shortMessage(error: unknown): string {
  const message = errorMessage(error)
  return message.length > MAX_MESSAGE ? message.slice(0, message.indexOf(':')) : message
}

async function isStopped(context: RunContext, waitMs: number): Promise<boolean> {
  try {
    await context.wait(waitMs)
    return false
  } catch {
    return true
  }
}

function idOf({ id, key }: JsonObject): string | null {
  if (typeof id === 'string' && id !== '') return id
  return typeof key === 'string' && key !== '' ? key : null
}

/** In the order of AlertChain's request; `Password` is what its library sends with every account, and Jira ignores. */
function fieldsOf({ assignee = '', labels = [], ...args }: Args, alert: JsonObject): JsonObject {
  const account = (accountId: string): JsonValue => ({ Password: '', accountId })
  return {
    ...(assignee === '' ? {} : { assignee: account(assignee) }),
    description: jiraDescription(alert),
    issuetype: { name: args.issue_type },
    ...(labels.length === 0 ? {} : { labels }),
    project: { key: args.project },
    reporter: account(args.account_id),
    summary: ticketTitle(alert, MAX_SUMMARY),
  }
}

function fileOf(alert: JsonObject): JiraFile {
  return { name: `alert-${alertField(alert, 'id')}.json`, content: alertRaw(alert) }
}
