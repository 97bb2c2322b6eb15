import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from './refusal.ts'

export const REQUEST_ID_HEADER = 'X-Request-Id'

/** No answer is for a browser or a cache; none ever carries a CORS header. */
const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
}

export function sendText(response: ServerResponse, requestId: string, status: number, text: string): void {
  send(response, requestId, status, { 'Content-Type': 'text/plain; charset=utf-8' }, text)
}

export function sendJson(response: ServerResponse, requestId: string, status: number, json: string): void {
  send(response, requestId, status, { 'Content-Type': 'application/json' }, json)
}

/** JSON with further headers, or an empty body. */
export function sendWith(
  response: ServerResponse,
  requestId: string,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  send(response, requestId, status, { 'Content-Type': 'application/json', ...headers }, body)
}

/**
 * @param underway the request, when it has not come in whole. Closing then would reset the connection and could take the
 *   answer with it: the answer is written, and what still comes is thrown away until the client is done or is cut by the
 *   time limit of every request.
 */
export function sendRefusal(
  response: ServerResponse,
  requestId: string,
  refused: Refusal,
  underway: IncomingMessage | null,
): void {
  const body = refusalBody(refused)
  const headers = { 'Content-Type': refused.isPlain ? 'text/plain' : 'application/json', ...refused.headers }
  if (!underway) return send(response, requestId, refused.status, headers, body)
  writeHead(response, requestId, refused.status, { ...headers, Connection: 'close' }, body)
  response.write(body)
  underway.once('close', () => response.end())
  underway.once('end', () => response.end())
  underway.resume()
}

/** Answers on the bare socket, where Node could not make a request of what came, and closes it. */
export function sendRaw(socket: Socket, requestId: string, refused: Refusal): void {
  const body = refusalBody(refused)
  const head = [
    `HTTP/1.1 ${refused.status} ${REASONS[refused.status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function refusalBody({ error, code, isPlain }: Refusal): string {
  return isPlain ? error : `${JSON.stringify({ error, code })}\n`
}

function send(
  response: ServerResponse,
  requestId: string,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  writeHead(response, requestId, status, headers, body)
  response.end(body)
}

function writeHead(
  response: ServerResponse,
  requestId: string,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  const own = { 'Content-Length': Buffer.byteLength(body), [REQUEST_ID_HEADER]: requestId }
  response.writeHead(status, { ...HEADERS, ...headers, ...own })
}
