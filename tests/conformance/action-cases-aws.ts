import type { JsonObject } from '../../shared/model/json.ts'
import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { AWS_PAIRS, groupsOf, type AwsPair } from '../fakes/aws/aws-pairs.ts'
import { ec2World } from '../fakes/aws/ec2-world.ts'
import { AWS_KEY, AWS_REGION, startFakeAws, type FakeAws } from '../fakes/aws/fake-aws.ts'
import type { FakeRemote } from '../fakes/fake-remote.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

const DENIED = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Deny',
      Action: ['*'],
      Resource: ['*'],
      Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-01-02T03:04:05.678Z' } },
    },
  ],
})

const NOON = Date.parse('2026-01-02T12:00:00Z')

/** What of AWS's requests differs each time. */
const VARYING: readonly [RegExp, string][] = [
  [/^\d{8}T\d{6}Z$/, 'NOW'],
  [/^[0-9a-f]{64}$/, 'HASH'],
  [/^[0-9a-f]{8}-[0-9a-f-]{27}$/, 'ID'],
]

async function started(prepare: (fake: FakeAws) => void): Promise<FakeRemote> {
  const fake = await startFakeAws(KEY)
  prepare(fake)
  return fake.remote
}

function caseOf(uses: string, shows: string, prepare: (fake: FakeAws) => void, args: JsonObject): ActionCase {
  return {
    uses,
    shows,
    start: () => started(prepare),
    kit: (url) => ({
      secrets: secretsOf({ KEY }),
      clock: { ...noWaits, now: () => NOON },
      urls: { AWS_ENDPOINT_URL: url },
    }),
    args: ({ handles }) => ({
      region: AWS_REGION,
      access_key_id: AWS_KEY,
      secret_access_key: handles.make('KEY'),
      ...args,
    }),
    varying: VARYING,
  }
}

function casesOf({ uses, undo, args, make }: AwsPair): ActionCase[] {
  const deny = ({ iam }: FakeAws): void => void iam.policies.set('TocsinDenyOlderSessions', DENIED)
  const back = undo === 'aws.release_instance' ? { ...args, groups: groupsOf(ec2World()) } : args
  return [caseOf(uses, 'a target', () => {}, args), caseOf(undo, 'what was done', make ?? deny, back)]
}

/** Actions of AWS and their inverses. */
export const AWS_CASES: readonly ActionCase[] = AWS_PAIRS.flatMap(casesOf)
