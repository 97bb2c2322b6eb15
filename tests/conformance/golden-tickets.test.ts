import { describe, expect, it } from 'vitest'
import { runCase, type ActionCase, type SeenRequest } from './action-cases.ts'
import { actionKit } from '../fakes/action-kit.ts'
import { TICKET_CASES } from './action-cases-tickets.ts'
import { GOLDEN_ACTIONS, GOLDEN_USES, goldenRequests, type GoldenRequest } from './golden-requests.ts'

/** What is different on purpose (`design.md` §5): values print as JSON, Jira's heading is one, and braces are escaped there. */
const DEVIATIONS: Record<string, [string, string][]> = {
  github: [
    ['map[a:[x <nil>] b:1]', '{"a":["x",null],"b":1}'],
    ['<no value>', 'null'],
    ['1.677835445e+09', '1677835445'],
  ],
  jira: [
    ['map[a:[x <nil>] b:1]', String.raw`\{"a":\["x",null\],"b":1\}`],
    ['<no value>', 'null'],
    ['1.677835445e+09', '1677835445'],
    ['.h2 note', 'h2. note'],
  ],
}

/** Sent by AlertChain's HTTP libraries: one media type twice, and another program's name. */
const HEADER_DEVIATIONS: [string, string][] = [
  ['accept: application/vnd.github.v3+json,application/vnd.github.v3+json', 'accept: application/vnd.github.v3+json'],
  ['user-agent: go-github', 'user-agent: tocsin'],
]

/** Headers and body as AlertChain would have sent them without its defects, log-in and boundary left out. */
function expected({ method, path, headers, body }: GoldenRequest, family: string): SeenRequest {
  const settle = (text: string): string => text.replace(/[0-9a-f]{60}/g, '<boundary>')
  const lines = Object.entries(headers).map(([name, value]) => {
    const line = name === 'authorization' ? `${name}: ${value.replace(/ .*$/, ' ***')}` : settle(`${name}: ${value}`)
    return HEADER_DEVIATIONS.find(([theirs]) => theirs === line)?.[1] ?? line
  })
  // The token's request is AlertChain's library's, which sends GitHub no name of its own.
  if (path.endsWith('/access_tokens')) lines.push('user-agent: tocsin')
  return {
    method,
    path,
    headers: Object.fromEntries(lines.sort().map((line) => line.split(': ') as [string, string])),
    body: settle(corrected(body, family)),
  }
}

function corrected(body: string, family: string): string {
  if (!body.startsWith('{')) return body
  return (DEVIATIONS[family] ?? []).reduce(
    (text, [theirs, ours]) => text.replaceAll(JSON.stringify(theirs).slice(1, -1), JSON.stringify(ours).slice(1, -1)),
    // Go writes `<` as an escape in Jira's requests; it is the same text.
    JSON.stringify(JSON.parse(body)),
  )
}

const SAMPLES = TICKET_CASES.filter(
  ({ uses, shows }) => !uses.startsWith('opsgenie') && !shows.includes('assignee'),
).map((one): [string, ActionCase] => [one.uses, one])

describe('the requests of golden/actions.txt', () => {
  it('are shown for every action that has some', () => {
    const tickets = GOLDEN_USES.filter((uses) => /^(github|jira)\./.test(uses))
    expect(SAMPLES.map(([uses]) => uses).sort()).toEqual(tickets.sort())
  })

  it.each(SAMPLES)('are sent by %s byte for byte, but for what is different on purpose', async (uses, one) => {
    const [family = ''] = uses.split('.')
    const { requests } = await runCase(one)
    const golden = goldenRequests(uses).map((request) => expected(request, family))
    expect(golden.length).toBeGreaterThan(0)
    const sent = requests.map((request) => ({ ...request, body: request.body.replaceAll('\r\n', '\n').trimEnd() }))
    expect(sent).toEqual(golden)
  })

  it('are none of opsgenie.create_alert without a key', () => {
    expect(GOLDEN_ACTIONS).toContain(
      '== opsgenie.create_alert [nokey]\n  ARGS {}\n  ERR No such Optional key in action args',
    )
    expect(() => actionKit().actions.describe('opsgenie.create_alert', {})).toThrow('secret_api_key is required')
  })
})
