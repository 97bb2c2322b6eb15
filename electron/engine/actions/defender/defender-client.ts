import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { IncomingAnswer } from '../../http/http-port.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import { httpRequest, type HttpRequest } from '../containment-model.ts'
import { answerValue } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import { microsoftAccountArgs, type MicrosoftApi, type MicrosoftRequest } from '../microsoft/microsoft-api.ts'
import type { ServiceUrl } from '../service-url.ts'
import { isolationState, machineActionSchema, type MachineAction } from './isolation-state.ts'

export const DEFENDER = 'Microsoft Defender'
const NOT_FOUND = 404
const BAD_REQUEST = 400

/** The API that tokens are for, wherever it is asked, but of US government clouds ("Microsoft Defender for Endpoint for US Government"). */
const RESOURCE = 'https://api.securitycenter.microsoft.com'
const GOVERNMENT = /^api-(gcc|gov)\.securitycenter\.microsoft\.us$/

/** Actions of one page, and as many pages as a machine can have isolations in the 180 days for which they are kept. */
const PAGE_ACTIONS = 500
const MAX_PAGES = 4

export const defenderArgs = z.strictObject({
  ...microsoftAccountArgs,
  machine_id: z
    .string()
    .regex(/^[0-9a-fA-F]{40}$/, 'is no machine id (40 hexadecimal digits)')
    .describe('Id of the machine in Defender, 40 hexadecimal digits'),
})
export type DefenderArgs = z.infer<typeof defenderArgs>

/** Of the model `machine`, what is read. */
const machineSchema = z.object({
  id: z.string(),
  computerDnsName: z.string().nullish(),
  osPlatform: z.string().nullish(),
  healthStatus: z.string().nullish(),
  lastSeen: z.string().nullish(),
  onboardingStatus: z.string().nullish(),
})

const pageSchema = z.object({ value: z.array(machineActionSchema), '@odata.nextLink': z.string().optional() })
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

export interface DefenderParts {
  microsoft: Pick<MicrosoftApi, 'call'>
  serviceUrl: ServiceUrl
}

/** Microsoft Defender for Endpoint's API, as an app. */
export class DefenderClient {
  readonly #parts: DefenderParts

  constructor(parts: DefenderParts) {
    this.#parts = parts
  }

  /**
   * Reads the machine and what was done about its isolation.
   * @throws HttpFailure, TocsinError `target_missing`, `bad_answer`, `list_too_long`
   */
  async read(args: DefenderArgs, context: ReadContext): Promise<Reading> {
    const id = machineId(args)
    const answer = await this.#call({ method: 'GET', url: `${this.#base()}/machines/${id}` }, args, context)
    if (answer.status === NOT_FOUND) throw missing(id)
    if (answer.status !== 200) throw refusal(DEFENDER, answer, context)
    const machine = machineSchema.safeParse(answerValue(answer))
    if (!machine.success || machine.data.id.toLowerCase() !== id) throw badAnswer()
    const { computerDnsName: host, osPlatform: platform, healthStatus: health, lastSeen: seen } = machine.data
    const known = [
      { key: 'Host', value: host ?? '' },
      { key: 'Machine', value: id },
      { key: 'Platform', value: platform ?? '' },
      { key: 'Sensor', value: health ?? '' },
      { key: 'Last seen', value: seen ?? '' },
    ]
    const state = isolationState(await this.#actions(id, args, context))
    return { id, state, rows: known.filter(({ value }) => value !== '') }
  }

  /** @returns the request for the very machine that was read */
  request(verb: 'isolate' | 'unisolate', id: string, body: { Comment: string; IsolationType?: string }): HttpRequest {
    return httpRequest('POST', `${this.#base()}/machines/${id}/${verb}`, body)
  }

  /** @throws HttpFailure unless Defender has taken it */
  async send(args: DefenderArgs, { method, url, body }: HttpRequest, context: ReadContext): Promise<void> {
    const answer = await this.#call({ method, url, ...(body === undefined ? {} : { body }) }, args, context)
    if (answer.status < 300) return
    const refused = errorSchema.safeParse(readable(answer))
    if (answer.status !== BAD_REQUEST || !refused.success) throw refusal(DEFENDER, answer, context)
    const { code, message } = refused.data.error
    throw new HttpFailure('service_refused', `Microsoft Defender did not take the request (${code}): ${message}`)
  }

  /** Absence is said only when every page was read. */
  async #actions(id: string, args: DefenderArgs, context: ReadContext): Promise<MachineAction[]> {
    const found: MachineAction[] = []
    for (let page = 0; page < MAX_PAGES; page += 1) {
      context.check()
      const query = new URLSearchParams({
        $filter: `machineId eq '${id}' and (type eq 'Isolate' or type eq 'Unisolate')`,
        $top: String(PAGE_ACTIONS),
        $skip: String(found.length),
      })
      const url = `${this.#base()}/machineactions?${query.toString()}`
      const answer = await this.#call({ method: 'GET', url }, args, context)
      if (answer.status !== 200) throw refusal(DEFENDER, answer, context)
      const parsed = pageSchema.safeParse(answerValue(answer))
      if (!parsed.success || parsed.data.value.some(({ machineId: other }) => other.toLowerCase() !== id))
        throw badAnswer()
      const { value, '@odata.nextLink': next } = parsed.data
      found.push(...value)
      if (value.length < PAGE_ACTIONS && next === undefined) return found
      if (value.length === 0) return found
    }
    throw new TocsinError(
      'list_too_long',
      `Microsoft Defender has more than ${found.length} isolations and releases of ${id}.`,
    )
  }

  #base(): string {
    return `${this.#parts.serviceUrl('DEFENDER_BASE_URL')}/api`
  }

  #call(request: MicrosoftRequest, account: DefenderArgs, context: ReadContext): Promise<IncomingAnswer> {
    const { hostname, origin } = new URL(this.#base())
    const resource = GOVERNMENT.test(hostname) ? origin : RESOURCE
    return this.#parts.microsoft.call(request, { account, resource }, context)
  }
}

/** @returns the id in small letters, as Defender writes it */
export function machineId({ machine_id: id }: Pick<DefenderArgs, 'machine_id'>): string {
  return id.toLowerCase()
}

/** Null where it cannot be read: the status says enough. */
function readable(answer: IncomingAnswer): unknown {
  try {
    return answerValue(answer)
  } catch {
    return null
  }
}

function missing(id: string): TocsinError {
  return new TocsinError('target_missing', `Microsoft Defender knows no machine ${id} that this app may see.`)
}

function badAnswer(): TocsinError {
  return new TocsinError(
    'bad_answer',
    'Microsoft Defender answered something that its API does not: check DEFENDER_BASE_URL.',
  )
}
