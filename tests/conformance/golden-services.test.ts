import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import { GOLDEN_ALERT } from '../fakes/action-kit.ts'
import { startFakeOpenAi } from '../fakes/fake-openai.ts'
import { startFakeOtx } from '../fakes/fake-otx.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { SLACK_WEBHOOK_PATH, startFakeSlack } from '../fakes/fake-slack.ts'
import { runCase, type ActionCase } from './action-cases.ts'
import { GOLDEN_USES, goldenRequests, goldenResult, type GoldenRequest } from './golden-requests.ts'

interface Sample extends Omit<ActionCase, 'shows'> {
  /** What is different on purpose, beside the address: AlertChain's request made ours (`design.md` §5). */
  deviation?(golden: GoldenRequest): GoldenRequest
  /** Whether the fake's answer is AlertChain's sample, so that the result is one as well. */
  hasResult?: boolean
}

const attr = (key: string, value: JsonValue): JsonObject => ({ id: key, key, value, type: '', persist: false, ttl: 0 })

/** Of the sample of `slack.post`. */
const SLACK_ATTRS = [
  attr('ip', '192.0.2.1'),
  attr('n', 1.5),
  attr('obj', { a: ['x', null], b: 1 }),
  attr('note', '**md**'),
  attr('nil', null),
  attr('big', 1677835445),
]

const FENCE = /\n<alert_data>\n(.*)\n<\/alert_data>\n.*$/s

const SAMPLES: Sample[] = [
  {
    uses: 'slack.post',
    start: startFakeSlack,
    args: (_kit, url) => ({ channel: 'alert', secret_url: url + SLACK_WEBHOOK_PATH }),
    alert: { ...GOLDEN_ALERT, attrs: SLACK_ATTRS },
    hasResult: true,
    // Values print as JSON, not in Go's form.
    deviation: (golden) => ({
      ...golden,
      path: SLACK_WEBHOOK_PATH,
      body: golden.body
        .replace(String.raw`map[a:[x \u003cnil\u003e] b:1]`, String.raw`{\"a\":[\"x\",null],\"b\":1}`)
        .replace(String.raw`\u003cnil\u003e`, 'null')
        .replace('1.677835445e+09', '1677835445'),
    }),
  },
  {
    uses: 'chatgpt.query',
    start: () => startFakeOpenAi({ key: 'sk-x', content: 'hello' }),
    kit: (url) => ({ urls: { OPENAI_BASE_URL: `${url}/v1` } }),
    args: () => ({ secret_api_key: 'sk-x' }),
    alert: { ...GOLDEN_ALERT, data: { k: 'v <&>', n: 1 } },
    // The alert stands in a fence, which is taken away below.
  },
  {
    uses: 'http.fetch',
    start: () => answering('/a', '{"a":1}'),
    args: (_kit, url) => ({ header: { 'X-A': '1' }, method: 'GET', url: `${url}/a?b=1` }),
    hasResult: true,
    // AlertChain never applies the header that a policy gives.
    deviation: (golden) => ({ ...golden, headers: { ...golden.headers, 'x-a': '1' } }),
  },
  {
    uses: 'otx.indicator',
    start: async () => {
      const otx = await startFakeOtx({ key: 'k' })
      otx.on('/api/v1/indicators/IPv4/192.0.2.1/general', { do: 'answer', body: '{"a":1}' })
      return otx
    },
    kit: (url) => ({ urls: { OTX_BASE_URL: url } }),
    args: () => ({ indicator: '192.0.2.1', secret_api_key: 'k', section: 'general', type: 'IPv4' }),
    hasResult: true,
    deviation: (golden) => ({ ...golden, headers: { ...golden.headers, accept: 'application/json' } }),
  },
]

async function answering(path: string, body: string): Promise<FakeRemote> {
  const remote = await FakeRemote.start()
  remote.on(path, { do: 'answer', body })
  return remote
}

/** JSON as a value, without the fence around the alert; a log-in as the tables of requests show it. */
function settled({ method, path, headers, body }: GoldenRequest): object {
  const login =
    headers.authorization === undefined ? {} : { authorization: headers.authorization.replace(/ .*/, ' ***') }
  const key = headers['x-otx-api-key'] === undefined ? {} : { 'x-otx-api-key': '***' }
  const value: unknown =
    body === ''
      ? ''
      : JSON.parse(body, (_name, item: unknown) => (typeof item === 'string' ? item.replace(FENCE, '$1') : item))
  return { method, path, headers: { ...headers, ...login, ...key }, body: value }
}

describe('the requests of golden/actions.txt', () => {
  it('are shown for every action that has some', () => {
    const others = GOLDEN_USES.filter((uses) => !/^(github|jira|opsgenie)\./.test(uses))
    expect(SAMPLES.map(({ uses }) => uses).sort()).toEqual(others.sort())
  })

  it.each(SAMPLES)('are sent by $uses, but for what is different on purpose', async (sample) => {
    const { requests, outcome } = await runCase({ ...sample, shows: '' })
    const golden = goldenRequests(sample.uses).map((request) => settled(sample.deviation?.(request) ?? request))
    expect(golden).toHaveLength(1)
    expect(requests.map(settled)).toEqual(golden)
    expect(outcome.outcome).toBe('succeeded')
    const result: unknown = JSON.parse(goldenResult(sample.uses))
    if (sample.hasResult === true) expect(outcome).toMatchObject({ result })
  })
})
