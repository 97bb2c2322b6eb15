import { z } from 'zod'
import { defineAction, type Action } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import {
  JIRA_RETRY_DELAYS_MS,
  JIRA_SECRET_ARGS,
  JIRA_TIMEOUT_MS,
  jiraHost,
  jiraIssue,
  jiraLogin,
  type JiraClient,
} from './jira-client.ts'

const argsSchema = z.strictObject({
  ...jiraLogin,
  issue_id: jiraIssue,
  file_name: z
    .string()
    .regex(/^[^\p{Cc}/\\]{1,255}$/u, 'is no name of a file')
    .describe('Name of the file, without slashes'),
  data: z.string().describe('What stands in it'),
})
type Args = z.infer<typeof argsSchema>

/** Attaches a text file to a Jira issue. */
export function jiraAddAttachment(jira: JiraClient): Action {
  return defineAction<Args>({
    uses: 'jira.add_attachment',
    args: argsSchema,
    secretArgs: JIRA_SECRET_ARGS,
    lockedArgs: [],
    timeoutMs: JIRA_TIMEOUT_MS,
    retryDelaysMs: JIRA_RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'Jira takes no key by which it could be found again.',
    effect: () => 'notify',
    title: ({ file_name: name, issue_id: issue }) => `Attach ${name} to ${issue} in Jira`,
    target: (args) => `${args.issue_id} (${jiraHost(args)})`,
    effectSentence: ({ issue_id: issue }) => `A file appears in ${issue}. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args) {
      const rows = [
        { key: 'Issue', value: `${args.issue_id} (${jiraHost(args)})` },
        { key: 'File', value: `${args.file_name}, ${Buffer.byteLength(args.data)} bytes` },
        { key: 'Content', value: excerpt(args.data) },
      ]
      return { rows, bound: null }
    },
    run(args, context) {
      return jira.attach(args, args.issue_id, { name: args.file_name, content: args.data }, context)
    },
  })
}
