import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { IncomingAnswer } from '../../http/http-port.ts'
import { accountNames } from '../account-names.ts'
import type { ReadContext } from '../action-definition.ts'
import type { Containment, HttpRequest } from '../containment-model.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { GUID, microsoftAccountArgs, type MicrosoftApi, type MicrosoftRequest } from '../microsoft/microsoft-api.ts'
import { PLAIN_ADDRESS } from '../plain-address.ts'
import type { ServiceUrl } from '../service-url.ts'

const WHO = 'Microsoft Entra'
const NOT_FOUND = 404

/** Whose tokens Microsoft Graph takes, in each of its clouds ("National cloud deployments"). */
const GRAPH_HOST = /^(graph\.microsoft\.(com|us)|dod-graph\.microsoft\.us|microsoftgraph\.chinacloudapi\.cn)$/

/**
 * Who is meant: an object id, or a user principal name of plain letters. Names with others (`#EXT#` of guests, accents) are
 * meant by id: what stands on the card must not be taken for another name.
 */
const USER_ID = new RegExp(`^(?:${GUID}|${PLAIN_ADDRESS})$`)

export const entraArgs = z.strictObject({
  ...microsoftAccountArgs,
  user_id: z
    .string()
    .regex(USER_ID, 'is no object id and no user principal name of plain letters')
    .describe("Object id of the user, or user principal name of letters without accents, digits and . _ + ' -"),
})
export type EntraArgs = z.infer<typeof entraArgs>

/** Of Graph's user (`microsoft.graph.user`), what is always read. */
const userSchema = z.object({
  id: z.string().regex(new RegExp(`^${GUID}$`)),
  userPrincipalName: z.string(),
  displayName: z.string().nullish(),
  userType: z.string().nullish(),
})
type GraphUser = z.infer<typeof userSchema>

/** Users in Microsoft Graph. */
export class GraphUsers {
  readonly #api: Pick<MicrosoftApi, 'call'>
  readonly #serviceUrl: ServiceUrl

  constructor(api: Pick<MicrosoftApi, 'call'>, serviceUrl: ServiceUrl) {
    this.#api = api
    this.#serviceUrl = serviceUrl
  }

  /** Where a user is. */
  urlOf(user: string): string {
    return `${this.#serviceUrl('GRAPH_BASE_URL')}/v1.0/users/${encodeURIComponent(user)}`
  }

  /**
   * Reads a user and one more property, which Graph leaves out where the app has no right to see it.
   * @throws HttpFailure, TocsinError `target_missing`, `bad_answer`
   */
  async read<Value>(
    args: EntraArgs,
    property: { name: string; schema: z.ZodType<Value> },
    context: ReadContext,
  ): Promise<{ user: GraphUser; value: Value }> {
    const select = [...Object.keys(userSchema.shape), property.name].join(',')
    const answer = await this.#call(
      { method: 'GET', url: `${this.urlOf(args.user_id)}?$select=${select}` },
      args,
      context,
    )
    if (answer.status === NOT_FOUND) {
      throw new TocsinError('target_missing', `${WHO} knows no user ${args.user_id} in this tenant.`)
    }
    if (answer.status !== 200) throw refusal(WHO, answer, context)
    const found = answerValue(answer)
    const user = userSchema.safeParse(found)
    if (!user.success) {
      throw new TocsinError('bad_answer', `${WHO} answered something that is no user: check GRAPH_BASE_URL.`)
    }
    const value = property.schema.safeParse(propertyOf(found, property.name))
    if (!value.success) {
      const why = `${WHO} does not say what ${property.name} of the user is: the app needs the permission User.Read.All.`
      throw new TocsinError('bad_answer', why)
    }
    return { user: user.data, value: value.data }
  }

  /** What every action on a user has in common. */
  target(): Pick<
    Containment<EntraArgs, HttpRequest>,
    'who' | 'args' | 'secretArgs' | 'target' | 'targetKey' | 'names' | 'send'
  > {
    return {
      who: WHO,
      args: entraArgs,
      secretArgs: ['secret_client_secret'],
      target: ({ user_id: user }) => user,
      // Neither names nor ids of Entra tell capitals from small letters.
      targetKey: ({ user_id: user }) => user.toLowerCase(),
      names: ({ user_id: user }, reading) => accountNames(user, reading),
      send: async (args, request, context) => {
        const answer = await this.#call(request, args, context)
        if (answer.status >= 300) throw refusal(WHO, answer, context)
      },
    }
  }

  #call({ method, url, body }: MicrosoftRequest, args: EntraArgs, context: ReadContext): Promise<IncomingAnswer> {
    const base = this.#serviceUrl('GRAPH_BASE_URL')
    const { hostname, origin } = new URL(base)
    const resource = GRAPH_HOST.test(hostname) ? origin : 'https://graph.microsoft.com'
    const request = body === undefined ? { method, url } : { method, url, body }
    return this.#api.call(request, { account: args, resource }, context)
  }
}

/** What a person wants to know of a user before something is done to it. */
export function userRows({
  id,
  userPrincipalName,
  displayName,
  userType,
}: GraphUser): { key: string; value: string }[] {
  const rows = [
    { key: 'User', value: userPrincipalName },
    { key: 'Name', value: displayName ?? '' },
    { key: 'Id', value: id },
    { key: 'Type', value: userType ?? '' },
  ]
  return rows.filter(({ value }) => value !== '')
}

function propertyOf(found: JsonValue, name: string): JsonValue | undefined {
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? found[name] : undefined
}
