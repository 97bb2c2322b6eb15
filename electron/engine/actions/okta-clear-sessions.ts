import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { HttpPort } from '../http/http-port.ts'
import type { Clock } from '../ports/ports.ts'
import type { Action, ReadContext } from './action-definition.ts'
import { trimmedUrl } from './base-url.ts'
import { defineContainment } from './containment.ts'
import { httpRequest, type HttpRequest } from './containment-model.ts'
import { answerValue } from './http-answer.ts'
import { refusal } from './inspect/ask-service.ts'
import { oktaCall, oktaShutsOut, oktaTarget, oktaUserUrl, readOktaUser, type OktaArgs } from './okta-client.ts'
import { isLater } from './prior-state.ts'

/** How long Okta keeps its System Log. */
const LOG_MS = 90 * 24 * 3_600_000

/** Of the System Log's entries ("System Log", model LogEvent), what is read. */
const entriesSchema = z.array(
  z.object({
    eventType: z.literal('user.session.clear'),
    published: z.iso.datetime(),
    outcome: z.object({ result: z.literal('SUCCESS') }),
    target: z.array(z.object({ id: z.string() })),
  }),
)

/**
 * Ends every session of a user in Okta and takes back the tokens that Okta gave. Okta has no call that lists a user's
 * sessions: what can be read back is its System Log, which has an entry of each clearing.
 */
export function oktaClearSessions(http: HttpPort, clock: Clock): Action {
  return defineContainment<OktaArgs, HttpRequest>({
    ...oktaTarget(http),
    uses: 'okta.clear_sessions',
    lockedArgs: ['base_url'],
    irreversible: true,
    showsLate: true,
    undo: null,
    noUndo: 'Ended sessions and tokens do not come back: the user has to log in again.',
    title: ({ user_id: user }) => `Clear all sessions of ${user} in Okta`,
    effectSentence: ({ user_id: user }) =>
      `All sessions of ${user} in Okta end, and the OAuth and OpenID Connect tokens that Okta gave are revoked. ${user} can log in again; sessions that applications keep themselves go on.`,
    async read(args, context) {
      const { id, rows } = await readOktaUser(http, args, context)
      const cleared = await lastCleared(http, { ...args, user_id: id }, clock.now(), context)
      return { id, state: { last_cleared: cleared }, rows }
    },
    standing({ last_cleared: last }, _args, before) {
      if (before === null) return { is: 'open' }
      return isLater(last, before['last_cleared']) ? { is: 'so' } : { is: 'open' }
    },
    shutsOut: (args, reading, context) => oktaShutsOut(http, args, reading, context),
    requests: (args, { id }) => [httpRequest('DELETE', `${oktaUserUrl(args, id)}/sessions?oauthTokens=true`)],
  })
}

/** @returns when the user's sessions were last cleared, as far back as the System Log goes; null where it tells of none */
async function lastCleared(http: HttpPort, args: OktaArgs, now: number, context: ReadContext): Promise<string | null> {
  const query = new URLSearchParams({
    since: new Date(now - LOG_MS).toISOString(),
    filter: `eventType eq "user.session.clear" and target.id eq "${args.user_id}" and outcome.result eq "SUCCESS"`,
    sortOrder: 'DESCENDING',
    limit: '1',
  })
  const url = `${trimmedUrl(args.base_url)}/api/v1/logs?${query.toString().replaceAll('+', '%20')}`
  const answer = await oktaCall(http, { method: 'GET', url }, args, context)
  if (answer.status !== 200) throw refusal('Okta’s System Log', answer, context)
  const entries = entriesSchema.safeParse(answerValue(answer))
  if (!entries.success || !entries.data.every(({ target }) => target.some(({ id }) => id === args.user_id))) {
    throw new TocsinError('bad_answer', 'Okta answered something that is no System Log of this user: check base_url.')
  }
  return entries.data[0]?.published ?? null
}
