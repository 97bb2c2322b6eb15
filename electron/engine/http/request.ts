export interface OutgoingRequest {
  method: string
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** For everything together: connecting, redirects, the whole answer. */
  timeoutMs: number
  /** Whether `http:` may go to any public address. Only `http.fetch` says so. */
  isPlainAllowed?: boolean
  /** False hands back a redirect as the answer. */
  isRedirectFollowed?: boolean
  /** The longest answer that is read; `MAX_ANSWER_BYTES` unless given. */
  maxBytes?: number
  /** Secrets that are in the request, and the hosts each may go to (empty: any): checked before every hop. */
  secrets?: readonly { name: string; hosts: readonly string[] }[]
  signal?: AbortSignal
}

export interface IncomingAnswer {
  status: number
  /** `404 Not Found`. */
  statusText: string
  /** Names in lower case; repeated ones joined by `, `. */
  headers: Record<string, string>
  body: Buffer
}

/** How far a request got; kept by reference, because a failure may come at any point. */
export interface Progress {
  hasLeft: boolean
  status: number | null
}
