import { request } from 'node:http'

/**
 * Sends one request as a forwarder does: `fetch` would add `Sec-Fetch-*`, and the receiver takes nothing from browsers.
 * @returns the answer's status, its headers and its text
 */
export function sendAs(
  method: string,
  url: string,
  body: string | Uint8Array = '',
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, string>; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => {
        const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(answered) as Record<string, string>,
          text,
        })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
