import type { z } from 'zod'
import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import { sdkHandler, type SdkHandler } from '../../http/sdk-handler.ts'
import type { ReadContext } from '../action-definition.ts'
import type { ServiceRequest } from '../containment-model.ts'
import { refusal } from '../inspect/ask-service.ts'
import type { ServiceUrl } from '../service-url.ts'
import type { Account } from './aws-args.ts'
import type { Ec2Operation } from './ec2-api.ts'
import type { IamOperation } from './iam-api.ts'

export interface AwsParts {
  http: HttpPort
  serviceUrl: ServiceUrl
}

/** An operation of a service, with its input in the service's own names. */
export type AwsCall = { service: 'EC2'; operation: Ec2Operation; input: JsonObject } | IamCall
type IamCall = { service: 'IAM'; operation: IamOperation; input: JsonObject }

/** @returns an operation of EC2 */
export function ec2(operation: Ec2Operation, input: JsonObject): AwsCall {
  return { service: 'EC2', operation, input }
}

/** @returns an operation of IAM */
export function iam(operation: IamOperation, input: JsonObject): AwsCall {
  return { service: 'IAM', operation, input }
}

/** One with an effect, as it stands on the card. */
export type AwsRequest = AwsCall & ServiceRequest

/** @returns the request with what the card says of it */
export function awsRequest(call: AwsCall): AwsRequest {
  return { ...call, call: `${call.service} ${call.operation}`, body: call.input }
}

/** `Amazon EC2 API Reference`, "Error codes", and IAM's "Common errors": refused for the load, nothing was done. */
const THROTTLED =
  /^(Throttl(ing|ed)(Exception)?|RequestThrottled(Exception)?|RequestLimitExceeded|TooManyRequestsException|SlowDown|EC2ThrottledException|PriorRequestNotComplete)$/

const TOO_MANY_REQUESTS = 429

/** The target is not there, or not in this account or region. */
const MISSING = /\.NotFound$|^NoSuchEntity(Exception)?$/

/** A refusal of the service: its error code is the failure's cause. */
export class AwsRefusal extends HttpFailure {
  /** As the service names it: `InvalidGroup.NotFound`. */
  readonly reason: string

  constructor(code: string, message: string, refused: { reason: string; status: number; cause: unknown }) {
    super(code, message, { hasLeft: true, status: refused.status, cause: refused.cause })
    this.reason = refused.reason
  }
}

/**
 * AWS through its SDK, which signs, writes and reads; each request goes out through the HTTP port. The keys are the
 * arguments', always: the SDK asks no environment, no file in the home folder and no metadata service, and tries nothing twice.
 */
export class AwsClient {
  readonly #parts: AwsParts

  constructor(parts: AwsParts) {
    this.#parts = parts
  }

  /**
   * @param schema what the output must be, of what is read
   * @throws HttpFailure as of the port; AwsRefusal `key_refused`, `http_status`; TocsinError `bad_answer`
   */
  async ask<T>(call: AwsCall, schema: z.ZodType<T>, account: Account, context: ReadContext): Promise<T> {
    const parsed = schema.safeParse(await this.send(call, account, context))
    if (parsed.success) return parsed.data
    throw new TocsinError(
      'bad_answer',
      `${call.service} answered something that ${call.operation} does not: check AWS_ENDPOINT_URL.`,
    )
  }

  /** @throws HttpFailure as of the port, also for an answer that cannot be read; AwsRefusal `key_refused`, `http_status` */
  async send(call: AwsCall, account: Account, context: ReadContext): Promise<unknown> {
    checkKey(account)
    const last: { answer?: IncomingAnswer } = {}
    const handler = sdkHandler(
      this.#parts.http,
      () => ({ timeoutMs: context.remainingMs(), signal: context.signal, secrets: context.secrets }),
      (answer) => void (last.answer = answer),
    )
    try {
      const config = this.#config(account, handler)
      if (call.service === 'EC2') return await (await import('./ec2-api.ts')).ec2Api(config)(call.operation, call.input)
      return await (await import('./iam-api.ts')).iamApi(config)(call.operation, call.input)
    } catch (error) {
      throw failureOf(call, error, last.answer, context)
    }
  }

  /** Everything that the SDK would look for elsewhere is said here. */
  #config({ region, access_key_id, secret_access_key, secret_session_token: token }: Account, handler: SdkHandler) {
    const endpoint = this.#parts.serviceUrl('AWS_ENDPOINT_URL')
    return {
      region,
      credentials: {
        accessKeyId: access_key_id,
        secretAccessKey: secret_access_key,
        ...(token === undefined ? {} : { sessionToken: token }),
      },
      credentialDefaultProvider: () => () => Promise.reject(new Error('The keys come from the arguments only')),
      ...(endpoint === '' ? {} : { endpoint }),
      ignoreConfiguredEndpointUrls: true,
      requestHandler: handler,
      maxAttempts: 1,
      retryMode: 'standard',
      defaultsMode: 'legacy' as const,
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      authSchemePreference: () => Promise.resolve([]),
      userAgentAppId: () => Promise.resolve(undefined),
      defaultUserAgentProvider: () => Promise.resolve([['tocsin'] as [string]]),
    }
  }
}

/** It goes into a header. */
function checkKey({ access_key_id: key }: Account): void {
  if (/^\w{16,128}$/.test(key)) return
  throw new TocsinError('bad_key', 'access_key_id is no id of an access key (AKIA… or ASIA…): nothing was sent.')
}

/** @returns whether the failure is the service's word that the target is not there */
export function isMissing(error: unknown): boolean {
  return error instanceof AwsRefusal && MISSING.test(error.reason)
}

function failureOf(
  { service, operation }: AwsCall,
  error: unknown,
  answer: IncomingAnswer | undefined,
  context: Pick<ReadContext, 'secrets'>,
): Error {
  if (error instanceof TocsinError) return error
  if (answer === undefined) {
    return new HttpFailure('bad_request', `${service} ${operation} cannot be sent: ${errorMessage(error)}`, {
      hasLeft: false,
      cause: error,
    })
  }
  const { status } = answer
  if (status < 300) {
    const message = `${service} answered something that cannot be read (${status}): check AWS_ENDPOINT_URL.`
    return new HttpFailure('bad_answer', message, { hasLeft: true, status, cause: error })
  }
  // A proxy's word, not the service's.
  if (!isServiceException(error)) return refusal(service, answer, context)
  const reason = error.name
  const refused = { reason, status: THROTTLED.test(reason) ? TOO_MANY_REQUESTS : status, cause: error }
  // EC2 adds a long text that only another API can read.
  const words = error.message.replace(/\s*Encoded authorization failure message:.*$/s, '')
  const message = `${service} refused ${operation} (${status} ${reason}): ${words}`
  if (status !== 401 && status !== 403) return new AwsRefusal('http_status', message, refused)
  const names = context.secrets.map(({ name }) => name).join(', ')
  const where = names === '' ? 'the keys in the arguments' : `the secrets ${names}`
  return new AwsRefusal('key_refused', `${message} Look at ${where} and the rights of that key.`, refused)
}

/** What the SDK throws for an answer of the service that says no. */
function isServiceException(error: unknown): error is Error {
  return error instanceof Error && '$fault' in error && error.name !== ''
}
