import type { HttpPort, IncomingAnswer, OutgoingRequest } from './http-port.ts'

/** A request as AWS's SDK hands it to whatever sends it (its `HttpRequest`). */
export interface SdkRequest {
  method: string
  /** `https:` */
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  headers: Record<string, string>
  body?: string | Uint8Array
}

/** What the SDK takes as `requestHandler`. */
export type SdkHandler = {
  metadata: { handlerProtocol: string }
  handle: (request: SdkRequest) => Promise<{ response: SdkResponse }>
}

type SdkResponse = { statusCode: number; reason: string; headers: Record<string, string>; body: Uint8Array }

/**
 * Sends what an SDK has signed through the HTTP port, so that its rules hold: addresses, hosts of secrets, time, size, no
 * redirect. The SDK itself opens no connection.
 * @param terms what bounds each request, read when it is sent
 * @param seen told of each answer
 * @returns a handler that throws what `HttpPort.send` throws
 */
export function sdkHandler(
  http: HttpPort,
  terms: () => Pick<OutgoingRequest, 'timeoutMs' | 'signal' | 'secrets'>,
  seen: (answer: IncomingAnswer) => void,
): SdkHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request) {
      const answer = await http.send({
        method: request.method,
        url: urlOf(request),
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
        isRedirectFollowed: false,
        ...terms(),
      })
      seen(answer)
      const { status, statusText, headers, body } = answer
      return { response: { statusCode: status, reason: statusText, headers, body } }
    },
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) =>
        one === null ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(one)}`,
      ),
  )
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`
}
