import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { HttpFailure } from '../../http/http-failure.ts'
import type { IncomingAnswer } from '../../http/http-port.ts'
import { accountNames } from '../account-names.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import type { Containment, HttpRequest } from '../containment-model.ts'
import type { GoogleApi } from '../google-api.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { PLAIN_ADDRESS } from '../plain-address.ts'
import type { ServiceUrl } from '../service-url.ts'

const WHO = 'Google Workspace'
const FORBIDDEN = 403
const NOT_FOUND = 404
const TOO_MANY_REQUESTS = 429

/** Reading and changing users; nothing of other services. */
const SCOPE = 'https://www.googleapis.com/auth/admin.directory.user'

/** Reasons of a 403 that means too many requests, not missing rights ("Directory API: Limits and quotas"). */
const LOAD_REASONS = new Set(['userRateLimitExceeded', 'rateLimitExceeded', 'quotaExceeded'])

const ADMIN_EMAIL = new RegExp(`^${PLAIN_ADDRESS}$`)
const USER_KEY = new RegExp(`^(?:[0-9]{5,30}|${PLAIN_ADDRESS})$`)

const userArgs = z.strictObject({
  secret_service_account: z.string().min(1).describe('Key of the service account: the whole JSON file'),
  admin_email: z
    .string()
    .regex(ADMIN_EMAIL, 'is no address of plain letters')
    .describe('Address of the administrator in whose name the service account acts'),
  user_email: z
    .string()
    .regex(USER_KEY, 'is no address of plain letters and no id')
    .describe("Address of the user, of letters without accents, digits and . _ + ' -, or id"),
})
export type GoogleUserArgs = z.infer<typeof userArgs>

/** Of the Directory API's user (`directory_v1`, model User), what is read. */
const userSchema = z.object({
  id: z.string().regex(/^[0-9]{5,30}$/),
  primaryEmail: z.string(),
  name: z.object({ fullName: z.string().optional() }).optional(),
  orgUnitPath: z.string().optional(),
  suspended: z.boolean(),
  suspensionReason: z.string().optional(),
  archived: z.boolean().default(false),
})
const FIELDS = 'id,primaryEmail,name/fullName,orgUnitPath,suspended,suspensionReason,archived'

/** Every address of a user; lists that are empty are left out. */
const addressesSchema = z.object({
  primaryEmail: z.string(),
  aliases: z.array(z.string()).default([]),
  nonEditableAliases: z.array(z.string()).default([]),
})

const failureSchema = z.object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })) }) })

/** Users of Google Workspace in the Admin SDK's Directory API. */
export class DirectoryUsers {
  readonly #google: GoogleApi
  readonly #serviceUrl: ServiceUrl

  constructor(google: GoogleApi, serviceUrl: ServiceUrl) {
    this.#google = google
    this.#serviceUrl = serviceUrl
  }

  /** Where a user is. */
  urlOf(user: string): string {
    return `${this.#serviceUrl('GOOGLE_BASE_URL')}/admin/directory/v1/users/${encodeURIComponent(user)}`
  }

  /** What every action on a user has in common. */
  target(): Pick<
    Containment<GoogleUserArgs, HttpRequest>,
    'who' | 'args' | 'secretArgs' | 'target' | 'targetKey' | 'names' | 'read' | 'send'
  > {
    return {
      who: WHO,
      args: userArgs,
      secretArgs: ['secret_service_account'],
      target: ({ user_email: user }) => user,
      targetKey: ({ user_email: user }) => user.toLowerCase(),
      names: ({ user_email: user }, reading) => accountNames(user, reading),
      read: (args, context) => this.#read(args, context),
      send: async (args, request, context) => {
        const answer = await this.#call(request, args, context)
        if (answer.status >= 300) throw refused(answer, context)
      },
    }
  }

  async #read(args: GoogleUserArgs, context: ReadContext): Promise<Reading> {
    const url = `${this.urlOf(args.user_email)}?fields=${encodeURIComponent(FIELDS)}`
    const answer = await this.#call({ method: 'GET', url }, args, context)
    if (answer.status === NOT_FOUND) {
      throw new TocsinError(
        'target_missing',
        `${WHO} knows no user ${args.user_email} that this administrator may see.`,
      )
    }
    if (answer.status !== 200) throw refused(answer, context)
    const parsed = userSchema.safeParse(answerValue(answer))
    if (!parsed.success) {
      throw new TocsinError('bad_answer', `${WHO} answered something that is no user: check GOOGLE_BASE_URL.`)
    }
    const { id, primaryEmail, name, orgUnitPath = '', suspended, suspensionReason = null, archived } = parsed.data
    const known = [
      { key: 'User', value: primaryEmail },
      { key: 'Name', value: name?.fullName ?? '' },
      { key: 'Id', value: id },
      { key: 'Organizational unit', value: orgUnitPath },
    ]
    return {
      id,
      state: { suspended, suspension_reason: suspensionReason, archived },
      rows: known.filter(({ value }) => value !== ''),
    }
  }

  /**
   * Why the desk would shut itself out: the user is the administrator in whose name it acts, under whichever of its addresses.
   * @throws HttpFailure, TocsinError `bad_answer`
   */
  async shutsOut(args: GoogleUserArgs, { id }: Pick<Reading, 'id'>, context: ReadContext): Promise<string | null> {
    const fields = Object.keys(addressesSchema.shape).join(',')
    const url = `${this.urlOf(id)}?fields=${encodeURIComponent(fields)}`
    const answer = await this.#call({ method: 'GET', url }, args, context)
    if (answer.status !== 200) throw refused(answer, context)
    const parsed = addressesSchema.safeParse(answerValue(answer))
    if (!parsed.success) {
      throw new TocsinError('bad_answer', `${WHO} does not say the user’s addresses: check GOOGLE_BASE_URL.`)
    }
    const { primaryEmail, aliases, nonEditableAliases } = parsed.data
    const addresses = [primaryEmail, ...aliases, ...nonEditableAliases].map((address) => address.toLowerCase())
    return addresses.includes(args.admin_email.toLowerCase())
      ? 'This is the administrator in whose name the desk acts, and it could not take it back'
      : null
  }

  async #call(
    { method, url, body }: Pick<HttpRequest, 'url' | 'body'> & { method: string },
    { secret_service_account: key, admin_email: subject }: GoogleUserArgs,
    context: ReadContext,
  ): Promise<IncomingAnswer> {
    const account = await this.#google.account(key, { scope: SCOPE, subject })
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    return this.#google.send(account, { method, url, isRedirectFollowed: false, ...text }, context)
  }
}

function refused(answer: IncomingAnswer, context: ReadContext): HttpFailure {
  const isLoad = answer.status === FORBIDDEN && LOAD_REASONS.has(reasonOf(answer))
  return refusal(WHO, isLoad ? { ...answer, status: TOO_MANY_REQUESTS } : answer, context)
}

function reasonOf(answer: IncomingAnswer): string {
  try {
    return failureSchema.parse(answerValue(answer)).error.errors[0]?.reason ?? ''
  } catch {
    return ''
  }
}
