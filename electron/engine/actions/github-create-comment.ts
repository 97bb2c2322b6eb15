import { z } from 'zod'
import { defineAction, type Action } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import {
  GITHUB_RETRY_DELAYS_MS,
  GITHUB_SECRET_ARGS,
  GITHUB_TIMEOUT_MS,
  githubLogin,
  type GithubApps,
} from './github-app.ts'
import { MAX_BODY } from './github-issue-body.ts'

const argsSchema = z.strictObject({
  ...githubLogin,
  issue_number: z.int().min(1).describe('Number of the issue or pull request'),
  body: z.string().min(1).max(MAX_BODY).describe('The comment, in Markdown, at most 65,536 characters'),
})
type Args = z.infer<typeof argsSchema>

/** Adds a comment to an issue or a pull request, as a GitHub App. */
export function githubCreateComment(apps: GithubApps): Action {
  return defineAction<Args>({
    uses: 'github.create_comment',
    // AlertChain's starter workspace names it so.
    aliases: ['github.add_comment'],
    args: argsSchema,
    secretArgs: GITHUB_SECRET_ARGS,
    lockedArgs: [],
    timeoutMs: GITHUB_TIMEOUT_MS,
    retryDelaysMs: GITHUB_RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'GitHub takes no key by which it could be found again.',
    effect: () => 'notify',
    title: (args) => `Comment on ${issueOf(args)} on GitHub`,
    target: issueOf,
    effectSentence: (args) =>
      `A comment appears in ${issueOf(args)}, and GitHub tells those who follow it. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args) {
      const rows = [
        { key: 'Issue', value: `${issueOf(args)} (${apps.host})` },
        { key: 'Text', value: excerpt(args.body) },
      ]
      return { rows, bound: null }
    },
    run(args, context) {
      const path = `/issues/${args.issue_number}/comments`
      return apps.create(args, { path, accept: 'application/vnd.github.v3+json', body: { body: args.body } }, context)
    },
  })
}

function issueOf({ owner, repo, issue_number: number }: Args): string {
  return `${owner}/${repo}#${number}`
}
