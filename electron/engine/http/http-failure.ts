import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'

/**
 * Why a request got no answer, or none that may be used. `hasLeft`: whether bytes of it may have reached the remote, so that
 * it may have taken effect. `status`: what the remote answered, where the answer got that far.
 */
export class HttpFailure extends TocsinError {
  readonly hasLeft: boolean
  readonly status: number | null
  /** How long the remote asked to wait (`Retry-After`), where it did. */
  readonly retryAfterMs: number | null

  constructor(
    code: string,
    message: string,
    sent: { hasLeft: boolean; status?: number | null; retryAfterMs?: number | null; cause?: unknown } = {
      hasLeft: false,
    },
  ) {
    super(code, message, sent.cause === undefined ? {} : { cause: sent.cause })
    this.name = 'HttpFailure'
    this.hasLeft = sent.hasLeft
    this.status = sent.status ?? null
    this.retryAfterMs = sent.retryAfterMs ?? null
  }
}

/** What undici and Node throw, by code, in words that say what to do. */
const CAUSES: [RegExp, string, string][] = [
  [/^(ENOTFOUND|EAI_AGAIN|ENODATA)$/, 'net_dns', 'The name could not be resolved: check the address and the network'],
  [
    /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    'net_unreachable',
    'Nothing answers there: check the address and that the service runs',
  ],
  [
    /CERT|^(ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH|UNABLE_TO)/,
    'net_tls',
    'The secure connection was refused: its certificate or protocol is not trusted (Settings has a CA file)',
  ],
  [/^(UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/, 'net_too_large', 'The answer is larger than allowed'],
  [/^HPE_/, 'net_bad_answer', 'What came back is no HTTP'],
  [/^UND_ERR_(INVALID_ARG|NOT_SUPPORTED)/, 'net_bad_request', 'The request cannot be sent as it is'],
  [/^UND_ERR_PRX_TLS$/, 'net_tls', 'The secure connection to the proxy was refused'],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_ABORTED)$/,
    'net_reset',
    'The connection broke',
  ],
]

/** @param sent how far the whole request got; a failure that knows more keeps it */
export function toHttpFailure(error: unknown, sent: { hasLeft: boolean; status: number | null }): HttpFailure {
  if (error instanceof HttpFailure && (error.hasLeft || !sent.hasLeft)) return error
  if (error instanceof TocsinError) return new HttpFailure(error.code, error.message, { ...sent, cause: error })
  const code = errorCode(error)
  const [, word, sentence] = CAUSES.find(([pattern]) => pattern.test(code)) ?? [
    null,
    'net_failed',
    'The request failed',
  ]
  return new HttpFailure(word, `${sentence} (${errorMessage(error) || code}).`, { ...sent, cause: error })
}
