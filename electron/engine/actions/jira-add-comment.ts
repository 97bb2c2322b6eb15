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
  body: z.string().min(1).describe("The comment, in Jira's wiki markup"),
})
type Args = z.infer<typeof argsSchema>

/** Adds a comment to a Jira issue. */
export function jiraAddComment(jira: JiraClient): Action {
  return defineAction<Args>({
    uses: 'jira.add_comment',
    args: argsSchema,
    secretArgs: JIRA_SECRET_ARGS,
    lockedArgs: [],
    timeoutMs: JIRA_TIMEOUT_MS,
    retryDelaysMs: JIRA_RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'Jira takes no key by which it could be found again.',
    effect: () => 'notify',
    title: ({ issue_id: issue }) => `Comment on ${issue} in Jira`,
    target: (args) => `${args.issue_id} (${jiraHost(args)})`,
    effectSentence: ({ issue_id: issue }) =>
      `A comment appears in ${issue}, and Jira tells those who watch it. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args) {
      const rows = [
        { key: 'Issue', value: `${args.issue_id} (${jiraHost(args)})` },
        { key: 'Author', value: args.account_id },
        { key: 'Text', value: excerpt(args.body) },
      ]
      return { rows, bound: null }
    },
    run(args, context) {
      // The empty objects are what AlertChain's library sends.
      const body = {
        author: { accountId: args.account_id, avatarUrls: {} },
        body: args.body,
        updateAuthor: { avatarUrls: {} },
        visibility: {},
      }
      return jira.create(args, `/issue/${encodeURIComponent(args.issue_id)}/comment`, body, context)
    },
  })
}
