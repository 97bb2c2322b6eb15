import type { Mutation } from './mutation.ts'

const ACTIONS = 'electron/engine/actions'
const IRREVERSIBLE = `${ACTIONS}/irreversible.test.ts`
const ENTRA = `${ACTIONS}/entra/entra.test.ts`
const GOOGLE = `${ACTIONS}/google/google.test.ts`
const BLOCK = `${ACTIONS}/github/github-block.test.ts`
const REVOKE = `${ACTIONS}/github/github-revoke-token.test.ts`
const LOG_IN = `${ACTIONS}/microsoft/microsoft-api.test.ts`

/** What is done to accounts, sessions and tokens. */
export const ACCOUNT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a clearing of before counts for the one that was asked for',
    file: `${ACTIONS}/prior-state.ts`,
    from: 'Date.parse(present) > Date.parse(before)',
    to: 'Date.parse(present) >= Date.parse(before)',
    test: IRREVERSIBLE,
  },
  {
    name: 'sessions are cleared, tokens are not',
    file: `${ACTIONS}/okta-clear-sessions.ts`,
    from: 'oauthTokens=true',
    to: 'oauthTokens=false',
    test: 'tests/conformance/action-requests.test.ts',
  },
  {
    name: 'a clearing is no act that has to be typed',
    file: `${ACTIONS}/okta-clear-sessions.ts`,
    from: '    irreversible: true,\n',
    to: '',
    test: 'electron/engine/chain/containing/irreversible-at-service.test.ts',
  },
  {
    name: 'one app acts by the token of another’s secret',
    file: `${ACTIONS}/microsoft/microsoft-api.ts`,
    from: 'resource, tenant, client, secret])',
    to: 'resource, tenant, client])',
    test: LOG_IN,
  },
  {
    name: 'a token for one API is shown to another',
    file: `${ACTIONS}/microsoft/microsoft-api.ts`,
    from: 'resource, tenant, client, secret])',
    to: 'tenant, client, secret])',
    test: LOG_IN,
  },
  {
    name: 'a token that ended is used',
    file: `${ACTIONS}/access-tokens.ts`,
    from: 'endsAt - MARGIN_MS <= now',
    to: 'endsAt + MARGIN_MS <= now',
    test: LOG_IN,
  },
  {
    name: 'any address is taken for Microsoft Graph',
    file: `${ACTIONS}/entra/graph-users.ts`,
    from: "GRAPH_HOST.test(hostname) ? origin : 'https://graph.microsoft.com'",
    to: 'origin',
    test: ENTRA,
  },
  {
    name: 'a guest’s sessions count as revoked',
    file: `${ACTIONS}/entra/entra-revoke-sessions.ts`,
    from: "if (type !== 'Guest') return",
    to: 'if (type !== null) return',
    test: ENTRA,
  },
  {
    name: 'the undo asks for the name of a user again instead of the id',
    file: `${ACTIONS}/entra/entra-account.ts`,
    from: 'args: { ...args, user_id: done.data.id }',
    to: 'args',
    test: `${ACTIONS}/containment.test.ts`,
  },
  {
    name: 'a service account acts in its own name',
    file: `${ACTIONS}/google/directory-users.ts`,
    from: '{ scope: SCOPE, subject }',
    to: '{ scope: SCOPE }',
    test: GOOGLE,
  },
  {
    name: 'one administrator acts by the token of another',
    file: `${ACTIONS}/google-api.ts`,
    from: 'canonicalHash([text, grant.scope, grant.subject ?? null])',
    to: 'canonicalHash([text, grant.scope])',
    test: GOOGLE,
  },
  {
    name: 'what Google itself has suspended is restored',
    file: `${ACTIONS}/google/google-suspension.ts`,
    from: "if (reason === null || reason === BY_ADMIN) return { is: 'open' }",
    to: "if (reason !== '') return { is: 'open' }",
    test: GOOGLE,
  },
  {
    name: 'missing rights are taken for "not blocked"',
    file: `${ACTIONS}/github/organization-blocks.ts`,
    from: 'if (list.status === NOT_FOUND) {',
    to: 'if (list.status === NOT_FOUND) return false\n    if (list.status === 0) {',
    test: BLOCK,
  },
  {
    name: 'another user’s name is taken for the one that was asked for',
    file: `${ACTIONS}/github/organization-blocks.ts`,
    from: ' || user.data.login.toLowerCase() !== name.toLowerCase()',
    to: '',
    test: BLOCK,
  },
  {
    name: 'a server’s error is taken for a revoked token',
    file: `${ACTIONS}/github/github-revoke-token.ts`,
    from: 'if (answer.status === UNAUTHORIZED)',
    to: 'if (answer.status >= UNAUTHORIZED)',
    test: REVOKE,
  },
  {
    name: 'whatever stands in the argument is sent to GitHub',
    file: `${ACTIONS}/github/github-revoke-token.ts`,
    from: 'if (!TOKEN.test(token)) {',
    to: "if (token === '') {",
    test: REVOKE,
  },
  {
    name: 'the leaked token stands on the card',
    file: `${ACTIONS}/github/github-revoke-token.ts`,
    from: '{ credentials: [nameOf(args)] })]',
    to: '{ credentials: [args.secret_leaked_token] })]',
    test: REVOKE,
  },
  {
    name: 'what cannot be taken back is looked at every hour',
    file: `${ACTIONS}/containment.ts`,
    from: '...(irreversible === true ? {} : { verify: later })',
    to: 'verify: later',
    test: IRREVERSIBLE,
  },
]
