import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import { accountNames } from '../account-names.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import { httpRequest, type Containment, type HttpRequest } from '../containment-model.ts'
import { answerValue } from '../http-answer.ts'
import { githubRefusal, type GithubRest } from './github-rest.ts'

const OK = 200
const NO_CONTENT = 204
const NOT_FOUND = 404

/** As GitHub has them: letters and digits with single hyphens between; of managed users also `_` and a short code. */
const ORG = /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}$/
const USER_NAME = /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:_[A-Za-z0-9]{1,20})?$/

const blockArgs = z.strictObject({
  secret_token: z.string().min(1).describe('Token of an owner of the organization, or of a GitHub App'),
  org: z.string().regex(ORG, 'is no name of an organization').describe('Name of the organization'),
  user_name: z.string().regex(USER_NAME, 'is no name of a user').describe('Log-in name of the user'),
})
export type GithubBlockArgs = z.infer<typeof blockArgs>

/** Of the REST API's user ("Get a user", public-user), what is read. */
const userSchema = z.object({ id: z.int().positive(), login: z.string(), type: z.string() })

/** The users whom an organization has blocked. */
export class OrganizationBlocks {
  readonly #github: GithubRest

  constructor(github: GithubRest) {
    this.#github = github
  }

  /** What blocking and its inverse have in common. @param method that makes it so */
  target(
    method: 'PUT' | 'DELETE',
  ): Pick<
    Containment<GithubBlockArgs, HttpRequest>,
    'who' | 'args' | 'secretArgs' | 'target' | 'targetKey' | 'names' | 'read' | 'requests' | 'send'
  > {
    return {
      who: 'GitHub',
      args: blockArgs,
      secretArgs: ['secret_token'],
      target: ({ user_name: user }) => user,
      targetKey: ({ org, user_name: user }) => `${user} in ${org}`.toLowerCase(),
      names: ({ user_name: user }, reading) => accountNames(user, reading),
      read: (args, context) => this.#read(args, context),
      requests: (args) => [httpRequest(method, this.#github.urlOf(pathOf(args)))],
      send: async (args, _request, context) => {
        const answer = await this.#github.call({ method, path: pathOf(args), token: args.secret_token }, context)
        if (answer.status !== NO_CONTENT) throw githubRefusal(answer, context)
      },
    }
  }

  async #read(args: GithubBlockArgs, context: ReadContext): Promise<Reading> {
    const { id, login, type } = await this.#user(args, context)
    const isBlocked = await this.#isBlocked(args, context)
    return {
      id: String(id),
      // With the id: a name that its owner gave up may be another user's by then.
      state: { blocked: isBlocked, user_id: id, type },
      rows: [
        { key: 'User', value: login },
        { key: 'Organization', value: args.org },
      ],
    }
  }

  async #user({ user_name: name, secret_token: token }: GithubBlockArgs, context: ReadContext) {
    const answer = await this.#github.call(
      { method: 'GET', path: `/users/${encodeURIComponent(name)}`, token },
      context,
    )
    if (answer.status === NOT_FOUND) throw new TocsinError('target_missing', `GitHub knows no user ${name}.`)
    if (answer.status !== OK) throw githubRefusal(answer, context)
    const user = userSchema.safeParse(answerValue(answer))
    if (!user.success || user.data.login.toLowerCase() !== name.toLowerCase()) {
      throw new TocsinError('bad_answer', 'GitHub answered something that is not this user: check GITHUB_API_URL.')
    }
    return user.data
  }

  /** GitHub says 404 of who is not blocked, and also to a token that may not know: only the list tells these apart. */
  async #isBlocked(args: GithubBlockArgs, context: ReadContext): Promise<boolean> {
    const { org, secret_token: token } = args
    const answer = await this.#github.call({ method: 'GET', path: pathOf(args), token }, context)
    if (answer.status === NO_CONTENT) return true
    if (answer.status !== NOT_FOUND) throw githubRefusal(answer, context)
    const path = `/orgs/${encodeURIComponent(org)}/blocks?per_page=1`
    const list = await this.#github.call({ method: 'GET', path, token }, context)
    if (list.status === NOT_FOUND) {
      throw new TocsinError(
        'target_missing',
        `GitHub shows this token no blocked users of ${org}: there is no such organization, or the token lacks the right (see docs/ACTIONS.md).`,
      )
    }
    if (list.status !== OK) throw githubRefusal(list, context)
    return false
  }
}

function pathOf({ org, user_name: user }: GithubBlockArgs): string {
  return `/orgs/${encodeURIComponent(org)}/blocks/${encodeURIComponent(user)}`
}
