import { GOLDEN_ALERT, secretsOf } from '../fakes/action-kit.ts'
import { FakeBigQuery } from '../fakes/fake-bigquery.ts'
import { googleCredentials } from '../fakes/fake-google.ts'
import { startFakeOpenAi } from '../fakes/fake-openai.ts'
import { startFakeOtx } from '../fakes/fake-otx.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { SLACK_WEBHOOK_PATH, startFakeSlack } from '../fakes/fake-slack.ts'
import type { ActionCase, KitOptions } from './action-cases.ts'

const OPENAI_KEY = 'sk-0123456789abcdef'
const OTX_KEY = '0123456789abcdef0123456789abcdef'
const HOSTILE = '<!channel> @here <https://evil.example|bank> & ```'

const TABLE = { project_id: 'my-project', dataset_id: 'security', table_id: 'alerts' }

const BIGQUERY_VARYING: readonly [RegExp, string][] = [
  [/(?<=assertion=).+$/, '***'],
  [/(?<="created_at":")(?!2024-01-02)[^"]+/, '<now>'],
]

/** Slack, ChatGPT, http.fetch, OTX and BigQuery. */
export const SERVICE_CASES: readonly ActionCase[] = [
  {
    uses: 'http.fetch',
    shows: 'a GET with a header',
    start: () => FakeRemote.start(),
    args: (_kit, url) => ({ method: 'GET', url: `${url}/a?b=1`, header: { 'X-A': '1' } }),
  },
  {
    uses: 'http.fetch',
    shows: 'a POST of JSON with a bearer token',
    start: () => FakeRemote.start(),
    kit: () => ({ secrets: secretsOf({ API_KEY: 'k3y-0123456789' }) }),
    args: (kit, url) => ({
      method: 'POST',
      url: `${url}/hook`,
      data: { a: [1, 'x'] },
      auth: { bearer: kit.handles.make('API_KEY') },
    }),
  },
  {
    uses: 'chatgpt.query',
    shows: 'the default question',
    start: () => startFakeOpenAi({ key: OPENAI_KEY, content: 'hello' }),
    kit: (url) => ({
      secrets: secretsOf({ CHATGPT_API_KEY: OPENAI_KEY }),
      urls: { OPENAI_BASE_URL: `${url}/v1` },
    }),
    args: (kit) => ({ secret_api_key: kit.handles.make('CHATGPT_API_KEY') }),
    alert: { ...GOLDEN_ALERT, data: { k: 'v <&>', n: 1 } },
  },
  {
    uses: 'chatgpt.query',
    shows: 'a question of the policy to a model of its own',
    start: () => startFakeOpenAi({ key: OPENAI_KEY, content: 'hello' }),
    kit: (url) => ({
      secrets: secretsOf({ CHATGPT_API_KEY: OPENAI_KEY }),
      urls: { OPENAI_BASE_URL: `${url}/v1` },
    }),
    args: (kit) => ({
      secret_api_key: kit.handles.make('CHATGPT_API_KEY'),
      prompt: 'Is 192.0.2.1 a scanner?',
      model: 'llama3.2',
      max_tokens: 100,
    }),
  },
  {
    uses: 'slack.post',
    shows: 'the default message',
    start: startFakeSlack,
    kit: (url) => ({ secrets: secretsOf({ SLACK_WEBHOOK_URL: url + SLACK_WEBHOOK_PATH }) }),
    args: (kit) => ({ secret_url: kit.handles.make('SLACK_WEBHOOK_URL'), channel: 'alert' }),
  },
  {
    uses: 'slack.post',
    shows: 'a hostile alert with nine attributes, and a mention by the policy',
    start: startFakeSlack,
    kit: (url) => ({ secrets: secretsOf({ SLACK_WEBHOOK_URL: url + SLACK_WEBHOOK_PATH }) }),
    args: (kit) => ({
      secret_url: kit.handles.make('SLACK_WEBHOOK_URL'),
      channel: '#soc',
      text: `Look: ${HOSTILE}`,
      mention: ['here'],
    }),
    alert: {
      ...GOLDEN_ALERT,
      title: HOSTILE,
      attrs: Array.from({ length: 9 }, (_, n) => ({ key: `k${n}`, value: n === 0 ? HOSTILE : n })),
      raw: `{\n  "k": "${HOSTILE}"\n}\n`,
    },
  },
  {
    uses: 'otx.indicator',
    shows: 'an address',
    start: () => startFakeOtx({ key: OTX_KEY }),
    kit: (url) => ({ secrets: secretsOf({ OTX_KEY }), urls: { OTX_BASE_URL: url } }),
    args: (kit) => ({
      secret_api_key: kit.handles.make('OTX_KEY'),
      type: 'ipv4',
      indicator: '192.0.2.1',
      section: 'general',
    }),
  },
  {
    uses: 'otx.indicator',
    shows: 'a URL',
    start: () => startFakeOtx({ key: OTX_KEY }),
    kit: (url) => ({ secrets: secretsOf({ OTX_KEY }), urls: { OTX_BASE_URL: url } }),
    args: (kit) => ({
      secret_api_key: kit.handles.make('OTX_KEY'),
      type: 'url',
      indicator: 'http://h.example/a?b=c',
      section: 'url_list',
    }),
  },
  {
    uses: 'bigquery.insert_alert',
    shows: 'an alert, into a table that is missing',
    start: startBigQuery,
    kit: bigQueryKit,
    args: (kit) => ({ ...TABLE, secret_credentials: kit.handles.make('GOOGLE_KEY') }),
    varying: BIGQUERY_VARYING,
  },
  {
    uses: 'bigquery.insert_data',
    shows: 'data with tags, into a table that is missing',
    start: startBigQuery,
    kit: bigQueryKit,
    args: (kit) => ({
      ...TABLE,
      data: { name: 'John', age: 42 },
      tags: ['a'],
      secret_credentials: kit.handles.make('GOOGLE_KEY'),
    }),
    varying: BIGQUERY_VARYING,
  },
]

async function startBigQuery(): Promise<FakeRemote> {
  const { remote } = await FakeBigQuery.start()
  return remote
}

function bigQueryKit(url: string): KitOptions {
  return { secrets: secretsOf({ GOOGLE_KEY: googleCredentials(url) }), urls: { BIGQUERY_BASE_URL: url } }
}
