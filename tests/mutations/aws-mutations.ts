import type { Mutation } from './mutation.ts'

const FOLDER = 'electron/engine/actions/aws'
const QUARANTINE_TEST = `${FOLDER}/quarantine-instance.test.ts`
const ACTIONS_TEST = `${FOLDER}/aws-actions.test.ts`
const CLIENT_TEST = `${FOLDER}/aws-client.test.ts`

/** What is isolated, disabled, denied and blocked in AWS. */
export const AWS_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a new group keeps the rule that lets everything out',
    file: `${FOLDER}/isolation-requests.ts`,
    from: "    { ...revoke(NEW_GROUP, ['egress all 0.0.0.0/0']), vpc },\n",
    to: '',
    test: ACTIONS_TEST,
  },
  {
    name: 'an instance in a group with rules counts as isolated',
    file: `${FOLDER}/isolation.ts`,
    from: '(group?.rules.length === 0 ? group.group : null)',
    to: '(group === null ? null : group.group)',
    test: QUARANTINE_TEST,
  },
  {
    name: 'what is half isolated is taken for its prior state',
    file: 'electron/engine/actions/containment-run.ts',
    from: 'const before = isResumed ? planned.state : present',
    to: 'const before = present',
    test: QUARANTINE_TEST,
  },
  {
    name: 'what stopped half-way is planned anew, and forgets what it was before',
    file: 'electron/engine/chain/execution/executor.ts',
    from: 'if (wasTried && isSameBut',
    to: 'if (wasTried && !isSameBut',
    test: `${FOLDER}/resumed.test.ts`,
  },
  {
    name: 'an interface that went since the plan is passed over',
    file: `${FOLDER}/isolation-requests.ts`,
    from: 'isDeepStrictEqual(Object.keys(planned.groups).sort(), Object.keys(present.groups).sort()) &&',
    to: '',
    test: QUARANTINE_TEST,
  },
  {
    name: 'a snapshot is made again with each attempt',
    file: `${FOLDER}/snapshot.ts`,
    from: '  if (await isThere()) return\n',
    to: '',
    test: QUARANTINE_TEST,
  },
  {
    name: 'a lost answer ends an isolation half-way',
    file: `${FOLDER}/surely.ts`,
    from: 'if (!isLost(error)) throw error',
    to: 'if (isLost(error)) throw error',
    test: ACTIONS_TEST,
  },
  {
    name: 'the desk disables the key that it uses itself',
    file: `${FOLDER}/access-key.ts`,
    from: 'if (id === args.access_key_id) {',
    to: "if (id === '') {",
    test: `${FOLDER}/role-sessions.test.ts`,
  },
  {
    name: 'sessions are denied before the moment of planning',
    file: `${FOLDER}/role-sessions.ts`,
    from: 'const now = new Date(clock.now()).toISOString()\n      await',
    to: "const now = '2026-01-02T12:00:00.000Z'\n      await",
    test: `${FOLDER}/role-sessions.test.ts`,
  },
  {
    name: 'a range is denied behind what allows it',
    file: `${FOLDER}/network-acl.ts`,
    from: 'let free = end - 1',
    to: 'let free = end + 1',
    test: `${FOLDER}/role-sessions.test.ts`,
  },
  {
    name: 'the SDK asks the home folder where EC2 is',
    file: `${FOLDER}/aws-client.ts`,
    from: '      ignoreConfiguredEndpointUrls: true,\n',
    to: '',
    test: CLIENT_TEST,
  },
  {
    name: 'the SDK takes the kind of endpoint from the environment',
    file: `${FOLDER}/aws-client.ts`,
    from: '      useFipsEndpoint: false,\n',
    to: '',
    test: CLIENT_TEST,
  },
  {
    name: 'a redirect of AWS is followed',
    file: 'electron/engine/http/sdk-handler.ts',
    from: 'isRedirectFollowed: false',
    to: 'isRedirectFollowed: true',
    test: ACTIONS_TEST,
  },
]
