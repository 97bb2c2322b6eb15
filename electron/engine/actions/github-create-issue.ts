import { z } from 'zod'
import type { JsonObject } from '../../../shared/model/json.ts'
import { defineAction, type Action } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import {
  GITHUB_RETRY_DELAYS_MS,
  GITHUB_SECRET_ARGS,
  GITHUB_TIMEOUT_MS,
  githubLogin,
  type GithubApps,
} from './github-app.ts'
import { githubIssueBody, MAX_TITLE } from './github-issue-body.ts'
import { ticketTitle } from './ticket-text.ts'

const argsSchema = z.strictObject({
  ...githubLogin,
  assignee: z.string().optional().describe('Who gets it'),
  labels: z.array(z.string().min(1)).optional().describe('Labels of the issue'),
})
type Args = z.infer<typeof argsSchema>

/** Creates an issue that shows the alert, as a GitHub App. */
export function githubCreateIssue(apps: GithubApps): Action {
  return defineAction<Args>({
    uses: 'github.create_issue',
    args: argsSchema,
    secretArgs: GITHUB_SECRET_ARGS,
    lockedArgs: [],
    timeoutMs: GITHUB_TIMEOUT_MS,
    retryDelaysMs: GITHUB_RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'GitHub takes no key by which it could be found again.',
    effect: () => 'notify',
    title: ({ owner, repo }) => `Create an issue in ${owner}/${repo} on GitHub`,
    target: ({ owner, repo }) => `${owner}/${repo}`,
    effectSentence: ({ owner, repo }) =>
      `An issue appears in ${owner}/${repo}, and GitHub tells those who watch it. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args, { alert }) {
      const { title, body, assignee, labels } = issueOf(args, alert)
      const rows = [
        { key: 'Repository', value: `${args.owner}/${args.repo} (${apps.host})` },
        { key: 'Title', value: title },
        ...(assignee === undefined ? [] : [{ key: 'Assignee', value: assignee }]),
        ...(labels === undefined ? [] : [{ key: 'Labels', value: labels.join(', ') }]),
        { key: 'Text', value: excerpt(body) },
      ]
      return { rows, bound: null }
    },
    run(args, context) {
      const body = { ...issueOf(args, context.subject.alert) }
      // The media type that AlertChain's library sends.
      const accept = 'application/vnd.github.symmetra-preview+json'
      return apps.create(args, { path: '/issues', accept, body }, context)
    },
  })
}

function issueOf(
  { assignee = '', labels = [] }: Args,
  alert: JsonObject,
): { title: string; body: string; assignee?: string; labels?: string[] } {
  return {
    title: ticketTitle(alert, MAX_TITLE),
    body: githubIssueBody(alert),
    ...(assignee === '' ? {} : { assignee }),
    ...(labels.length === 0 ? {} : { labels }),
  }
}
