import { secretsOf } from '../fakes/action-kit.ts'
import { GITHUB_APP_ID, GITHUB_INSTALL_ID, GITHUB_PKCS1, startFakeGithub } from '../fakes/fake-github.ts'
import { JIRA_TOKEN, JIRA_USER, startFakeJira } from '../fakes/fake-jira.ts'
import { OPSGENIE_KEY, startFakeOpsgenie } from '../fakes/fake-opsgenie.ts'
import { GOLDEN_TICKET_ALERT } from '../fakes/ticket-alerts.ts'
import type { JsonObject } from '../../shared/model/json.ts'
import type { ActionKit } from '../fakes/action-kit.ts'
import type { ActionCase } from './action-cases.ts'

const github = {
  start: async () => (await startFakeGithub()).remote,
  kit: (url: string) => ({ secrets: secretsOf({ GITHUB_KEY: GITHUB_PKCS1 }), urls: { GITHUB_API_URL: url } }),
}

function githubArgs(kit: ActionKit): JsonObject {
  return {
    app_id: GITHUB_APP_ID,
    install_id: GITHUB_INSTALL_ID,
    secret_private_key: kit.handles.make('GITHUB_KEY'),
    owner: 'o',
    repo: 'r',
  }
}

const BOUNDARY: readonly [RegExp, string][] = [[/[0-9a-f]{60}/g, '<boundary>']]

const jira = {
  start: startFakeJira,
  kit: () => ({ secrets: secretsOf({ JIRA_TOKEN }) }),
  varying: BOUNDARY,
}

function jiraArgs(kit: ActionKit, url: string): JsonObject {
  return { account_id: 'acc', user: JIRA_USER, secret_token: kit.handles.make('JIRA_TOKEN'), base_url: url }
}

const opsgenie = {
  start: () => startFakeOpsgenie(),
  kit: (url: string) => ({
    secrets: secretsOf({ OPSGENIE_KEY }),
    urls: { OPSGENIE_BASE_URL: url },
  }),
}

/** GitHub, Jira and Opsgenie. */
export const TICKET_CASES: readonly ActionCase[] = [
  {
    ...github,
    uses: 'github.create_issue',
    shows: "AlertChain's sample",
    args: githubArgs,
    alert: GOLDEN_TICKET_ALERT,
  },
  {
    ...github,
    uses: 'github.create_issue',
    shows: 'assignee and labels',
    args: (kit) => ({ ...githubArgs(kit), assignee: 'octocat', labels: ['security', 'soc'] }),
  },
  {
    ...github,
    uses: 'github.create_comment',
    shows: 'a comment',
    args: (kit) => ({ ...githubArgs(kit), issue_number: 5, body: 'cmt' }),
  },
  {
    ...jira,
    uses: 'jira.create_issue',
    shows: "AlertChain's sample",
    args: (kit, url) => ({ ...jiraArgs(kit, url), project: 'SEC', issue_type: 'Task' }),
    alert: GOLDEN_TICKET_ALERT,
  },
  {
    ...jira,
    uses: 'jira.create_issue',
    shows: 'assignee and labels',
    args: (kit, url) => ({
      ...jiraArgs(kit, url),
      project: 'SEC',
      issue_type: 'Task',
      assignee: 'acc2',
      labels: ['security'],
    }),
  },
  {
    ...jira,
    uses: 'jira.add_comment',
    shows: 'a comment',
    args: (kit, url) => ({ ...jiraArgs(kit, url), issue_id: 'SEC-1', body: 'hello' }),
  },
  {
    ...jira,
    uses: 'jira.add_attachment',
    shows: 'a file, with a slash at the end of the address',
    args: (kit, url) => ({ ...jiraArgs(kit, `${url}/`), issue_id: 'SEC-1', file_name: 'f.txt', data: 'hello' }),
  },
  {
    ...opsgenie,
    uses: 'opsgenie.create_alert',
    shows: 'responders under both names',
    args: (kit) => ({
      secret_api_key: kit.handles.make('OPSGENIE_KEY'),
      responders: [{ type: 'team', name: 'soc' }],
      responder_teams: [{ type: 'user', username: 'a@e.example' }],
    }),
    alert: GOLDEN_TICKET_ALERT,
  },
]
