import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ACTION_NAMES } from '../../electron/engine/actions/action-names.ts'
import { runCase, tableOf } from './action-cases.ts'
import { AWS_CASES } from './action-cases-aws.ts'
import { CONTAINING_CASES } from './action-cases-containing.ts'
import { IDENTITY_CASES } from './action-cases-identity.ts'
import { LOOKUP_CASES } from './action-cases-lookups.ts'
import { NETWORK_CASES } from './action-cases-network.ts'
import { SERVICE_CASES } from './action-cases-services.ts'
import { TICKET_CASES } from './action-cases-tickets.ts'

const CASES = [
  ...SERVICE_CASES,
  ...TICKET_CASES,
  ...LOOKUP_CASES,
  ...CONTAINING_CASES,
  ...IDENTITY_CASES,
  ...NETWORK_CASES,
  ...AWS_CASES,
]
/** These ask a name server, a file and the desk itself. */
const WITHOUT_HTTP = new Set(['dns.lookup', 'geoip', 'history'])

const HEAD = `# What each action sends

Request by request, as the fake services saw it (\`tests/fakes/fake-*.ts\`): log-ins masked, ids and times replaced. Written and
compared by \`action-requests.test.ts\`; after a change that is meant: \`npx vitest run tests/conformance/action-requests.test.ts -u\`.`

describe('the requests of the actions', () => {
  it('are shown for every action that sends some', () => {
    const names = Object.values(ACTION_NAMES)
    const sending = new Set(names.filter((uses) => !/^(file|process)\./.test(uses) && !WITHOUT_HTTP.has(uses)))
    expect(new Set(CASES.map(({ uses }) => uses))).toEqual(sending)
  })

  it('are those of action-requests.md', async () => {
    const tables: string[] = []
    for (const one of CASES) tables.push(tableOf(one, await runCase(one)))
    await expect(`${[HEAD, ...tables].join('\n\n')}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, 'action-requests.md'),
    )
  })
})
