import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import type { ReadContext, Reading } from './action-definition.ts'
import { isBaseUrl, trimmedUrl } from './base-url.ts'
import { httpRequest, type Containment, type HttpRequest } from './containment-model.ts'
import { answerValue } from './http-answer.ts'
import { refusal } from './inspect/ask-service.ts'

const NOT_FOUND = 404

/**
 * Who is meant: an id, or a log-in name of plain letters. Okta takes names with other letters by id only here: what stands on
 * the card must not be taken for another name. `me` is the token's own user.
 */
const USER_ID = /^(?!\.{1,2}$)(?!me$)[A-Za-z0-9._@+'-]{1,100}$/i

export const oktaArgs = z.strictObject({
  base_url: z
    .string()
    .refine(isBaseUrl, 'is no address like https://name.okta.com')
    .describe('Where the organization is, like https://name.okta.com; http: only to allowed addresses'),
  secret_token: z.string().min(1).describe('API token (sent as SSWS)'),
  user_id: z
    .string()
    .regex(USER_ID, 'is no id and no log-in name of plain letters (`me` is the token’s own user)')
    .describe("Id of the user, or log-in name of letters without accents, digits and . _ @ + ' -"),
})
export type OktaArgs = z.infer<typeof oktaArgs>

/** Of Okta's user object ("Users", model User), what is read. */
const userSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  status: z.string(),
  statusChanged: z.string().nullable(),
  profile: z.object({ login: z.string() }),
})

export type OktaLifecycle = 'suspend' | 'unsuspend'

/** What every action on a user has in common. */
export function oktaTarget(
  http: HttpPort,
): Pick<Containment<OktaArgs, HttpRequest>, 'who' | 'args' | 'secretArgs' | 'target' | 'targetKey' | 'send'> {
  return {
    who: 'Okta',
    args: oktaArgs,
    secretArgs: ['secret_token'],
    target: ({ user_id: user }) => user,
    // Log-in names do not tell capitals from small letters, ids do.
    targetKey: ({ user_id: user }) => (user.includes('@') ? user.toLowerCase() : user),
    async send(args, request, context) {
      const answer = await oktaCall(http, request, args, context)
      if (answer.status >= 300) throw refusal('Okta', answer, context)
    },
  }
}

/** What both actions on a user's life cycle have in common. */
export function oktaUser(
  http: HttpPort,
  lifecycle: OktaLifecycle,
): ReturnType<typeof oktaTarget> & Pick<Containment<OktaArgs, HttpRequest>, 'read' | 'requests'> {
  return {
    ...oktaTarget(http),
    read: (args, context) => readOktaUser(http, args, context),
    requests: (args, { id }) => [httpRequest('POST', `${oktaUserUrl(args, id)}/lifecycle/${lifecycle}`)],
  }
}

/**
 * Okta says when a status was set, so that one that somebody else has set anew is told from ours.
 * @throws HttpFailure, TocsinError `target_missing`, `bad_answer`
 */
export async function readOktaUser(http: HttpPort, args: OktaArgs, context: ReadContext): Promise<Reading> {
  const answer = await oktaCall(http, { method: 'GET', url: oktaUserUrl(args, args.user_id) }, args, context)
  if (answer.status === NOT_FOUND) {
    throw new TocsinError('target_missing', `Okta knows no user ${args.user_id} that this token may see.`)
  }
  if (answer.status !== 200) throw refusal('Okta', answer, context)
  const parsed = userSchema.safeParse(answerValue(answer))
  if (!parsed.success) {
    throw new TocsinError('bad_answer', 'Okta answered something that is no user: check base_url.')
  }
  const { id, status, statusChanged, profile } = parsed.data
  return {
    id,
    state: { status, status_changed: statusChanged },
    rows: [
      { key: 'User', value: profile.login },
      { key: 'Id', value: id },
    ],
  }
}

/**
 * Why the desk would shut itself out: the user is the one whose token it works with ("Users", `GET /api/v1/users/me`).
 * @throws HttpFailure, TocsinError `bad_answer`
 */
export async function oktaShutsOut(
  http: HttpPort,
  args: OktaArgs,
  { id }: Pick<Reading, 'id'>,
  context: ReadContext,
): Promise<string | null> {
  const answer = await oktaCall(http, { method: 'GET', url: oktaUserUrl(args, 'me') }, args, context)
  if (answer.status !== 200) throw refusal('Okta', answer, context)
  const own = userSchema.pick({ id: true }).safeParse(answerValue(answer))
  if (!own.success) throw new TocsinError('bad_answer', 'Okta does not say whose token it is: check base_url.')
  return own.data.id === id ? 'This is the user whose token the desk works with, and it could not take it back' : null
}

/** Where a user is in Okta's API. */
export function oktaUserUrl({ base_url: base }: Pick<OktaArgs, 'base_url'>, user: string): string {
  return `${trimmedUrl(base)}/api/v1/users/${encodeURIComponent(user)}`
}

/** @returns the answer, whatever its status @throws HttpFailure */
export function oktaCall(
  http: HttpPort,
  { method, url }: { method: string; url: string },
  { secret_token: token }: OktaArgs,
  { remainingMs, signal, secrets }: ReadContext,
): Promise<IncomingAnswer> {
  const headers = { Accept: 'application/json', Authorization: `SSWS ${token}` }
  return http.send({
    method,
    url,
    headers,
    isRedirectFollowed: false,
    timeoutMs: remainingMs(),
    signal,
    secrets,
  })
}
