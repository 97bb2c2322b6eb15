import { protocol } from 'electron'
import { DESK_SCHEME, isDeskUrl } from './origin.ts'

/**
 * What the page may do, as a header of every answer (checklist item 7). `connect-src 'none'`: the page has no network, it
 * reaches the engine by the bridge. Styles set through the DOM need no `unsafe-inline`.
 */
export const DESK_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; " +
  "require-trusted-types-for 'script'"

const HEADERS = {
  'Content-Security-Policy': DESK_CSP,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The bundle is on disk; a copy in Chromium's cache would only outlive an update.
  'Cache-Control': 'no-store',
} as const

/** A file of the bundle with its content type. */
export interface DeskFile {
  type: string
  body: Buffer
}

/** Reads a file of the bundle by the path of a request (`/assets/index.js`); null where there is none to serve. */
export type ReadDeskFile = (path: string) => Promise<DeskFile | null>

/** Makes `app:` a standard, secure scheme. Runs before the app is ready, and before the first await of main. */
export function registerDeskScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: DESK_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

/** Serves the bundle at `app://desk/`, and nothing by `file:`. */
export function serveDesk(read: ReadDeskFile): void {
  protocol.handle(DESK_SCHEME, (request) => answerDeskRequest(request, read))
  protocol.handle('file', () => refusal(403))
}

/**
 * Answers one request of the page.
 * @param request method and full address, as Chromium hands them over
 * @returns the file, else 405 (method), 403 (another host) or 404
 */
export async function answerDeskRequest(
  request: Pick<Request, 'method' | 'url'>,
  read: ReadDeskFile,
): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405)
  if (!isDeskUrl(request.url)) return refusal(403)
  const file = await read(new URL(request.url).pathname)
  if (file === null) return refusal(404)
  const headers = { ...HEADERS, 'Content-Type': file.type, 'Content-Length': String(file.body.length) }
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(file.body), { headers })
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: HEADERS })
}
