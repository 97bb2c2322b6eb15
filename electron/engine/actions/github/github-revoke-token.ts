import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { Action, ReadContext, Reading } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import { httpRequest, type HttpRequest } from '../containment-model.ts'
import { answerValue } from '../http-answer.ts'
import { githubRefusal, type GithubRest } from './github-rest.ts'

const OK = 200
const ACCEPTED = 202
const UNAUTHORIZED = 401
const PATH = '/credentials/revoke'

/** Tokens that GitHub revokes for whoever holds them, and of which it says whether they are good. */
const TOKEN = /^(ghp_|github_pat_|gho_|ghu_)[A-Za-z0-9_]{20,255}$/
const HANDLE = /^secret:([A-Za-z_][A-Za-z0-9_]{0,127}):[0-9a-f]{64}$/

const revokeArgs = z.strictObject({
  secret_leaked_token: z.string().min(1).describe('The leaked token: ghp_…, github_pat_…, gho_… or ghu_…'),
})
type RevokeArgs = z.infer<typeof revokeArgs>

/** Of the REST API's user ("Get the authenticated user"), what is read. */
const ownerSchema = z.object({ login: z.string() })

/** Has GitHub revoke a token that leaked, whoever owns it. The token itself is on no card, in no target and in no result. */
export function githubRevokeToken(github: GithubRest): Action {
  return defineContainment<RevokeArgs, HttpRequest>({
    who: 'GitHub',
    uses: 'github.revoke_token',
    args: revokeArgs,
    secretArgs: ['secret_leaked_token'],
    lockedArgs: ['secret_leaked_token'],
    irreversible: true,
    undo: null,
    noUndo: 'GitHub cannot reactivate a revoked token: its owner has to make a new one.',
    title: (args) => `Revoke the GitHub token ${nameOf(args)}`,
    target: nameOf,
    effectSentence: () =>
      'GitHub refuses the token from everybody who has it, and writes to its owner. What runs by it stops.',
    read: (args, context) => readToken(github, args, context),
    standing: ({ valid }) => ({ is: valid === false ? 'so' : 'open' }),
    requests: (args) => [httpRequest('POST', github.urlOf(PATH), { credentials: [nameOf(args)] })],
    async send({ secret_leaked_token: token }, { method }, context) {
      // Nobody's request: GitHub refuses one that is logged in.
      const request = { method, path: PATH, body: { credentials: [token] }, token: null }
      const answer = await github.call(request, context)
      if (answer.status !== ACCEPTED) throw githubRefusal(answer, context)
    },
  })
}

/** GitHub is asked who the token's owner is, by the token: 401 means that nobody is logged in by it any more. */
async function readToken(github: GithubRest, args: RevokeArgs, context: ReadContext): Promise<Reading> {
  const { secret_leaked_token: token } = args
  if (!TOKEN.test(token)) {
    throw new TocsinError(
      'invalid_args',
      'github.revoke_token: secret_leaked_token is no token that GitHub revokes for others (ghp_, github_pat_, gho_, ghu_): it was sent to nobody.',
    )
  }
  const answer = await github.call({ method: 'GET', path: '/user', token }, context)
  const reading = (isValid: boolean, owner: string): Reading => ({
    id: nameOf(args),
    state: { valid: isValid },
    rows: [
      { key: 'Token', value: nameOf(args) },
      { key: 'Its hashed_token in GitHub’s audit log', value: hashOf(token, 'base64') },
      ...(owner === '' ? [] : [{ key: 'Owner', value: owner }]),
    ],
  })
  if (answer.status === UNAUTHORIZED) return reading(false, '')
  if (answer.status !== OK) throw githubRefusal(answer, context)
  const owner = ownerSchema.safeParse(answerValue(answer))
  if (!owner.success) {
    throw new TocsinError('bad_answer', 'GitHub answered something that is no user: check GITHUB_API_URL.')
  }
  return reading(true, owner.data.login)
}

/** A name of the token that does not give it away: its kind and the beginning of its hash, or the name of its secret. */
function nameOf({ secret_leaked_token: token }: RevokeArgs): string {
  const [, secret] = HANDLE.exec(token) ?? []
  if (secret !== undefined) return secret
  const [, kind = 'unknown '] = TOKEN.exec(token) ?? []
  return `${kind}${hashOf(token, 'hex').slice(0, 12)}`
}

function hashOf(token: string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(token).digest(encoding)
}
