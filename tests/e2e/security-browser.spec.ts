import { chromium, expect, test, type Browser, type Page } from '@playwright/test'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDesk, type TestDesk } from '../security/receiver-kit.ts'

const EVENT = '{"title":"planted","who":"evil"}'
const OWN_HEADERS = new Set(['host', 'origin', 'connection'])

let desk: TestDesk
let site: Server
let unguarded: Server

test.beforeEach(async () => {
  desk = await startDesk()
  site = await listen(
    createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<p>evil')),
  )
  unguarded = await listen(createServer(forwardUnguarded))
})
test.afterEach(async () => {
  for (const server of [site, unguarded]) server.closeAllConnections()
  site.close()
  unguarded.close()
  await desk.close()
})

/**
 * The negative control: the same receiver with its Host and browser guards out of the way. What it lets through, the
 * browser did deliver, so that a refusal by the receiver itself means something.
 */
const forwardUnguarded: Parameters<typeof createServer>[1] = (incoming, response) => {
  const kept = Object.entries(incoming.headers).filter(
    ([name]) => !OWN_HEADERS.has(name) && !name.startsWith('sec-fetch-'),
  )
  const headers = { ...Object.fromEntries(kept), host: `127.0.0.1:${desk.port}` }
  const { method = 'GET', url = '/' } = incoming
  const forwarded = request({ host: '127.0.0.1', port: desk.port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  incoming.pipe(forwarded)
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Everything that a page may try at another origin; resolves when each attempt has ended, however it did. */
async function attack(page: Page, target: string): Promise<void> {
  await page.evaluate(
    async ({ url, body }) => {
      const ended = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => null)
      await ended(fetch(url, { method: 'POST', mode: 'no-cors', body }))
      await ended(fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body }))
      await ended(fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }))
      await ended(fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }))
      for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
        const frame = document.createElement('iframe')
        frame.name = `f-${enctype}`
        document.body.append(frame)
        const form = Object.assign(document.createElement('form'), {
          method: 'post',
          action: url,
          enctype,
          target: frame.name,
        })
        const field = Object.assign(document.createElement('input'), {
          name: `${body.slice(0, -1)},"x":"`,
          value: '"}',
        })
        form.append(field)
        document.body.append(form)
        const loaded = new Promise((resolve) => {
          frame.addEventListener('load', resolve)
        })
        form.submit()
        await loaded
        form.remove()
        frame.remove()
      }
      navigator.sendBeacon(url, body)
      await new Promise((resolve) => {
        const image = new Image()
        image.addEventListener('error', resolve)
        image.addEventListener('load', resolve)
        image.src = url
      })
      await new Promise((resolve) => {
        const socket = new WebSocket(url.replace('http:', 'ws:'))
        socket.addEventListener('close', resolve)
      })
    },
    { url: target, body: EVENT },
  )
}

test('[S13] nothing that a page of another origin sends is taken, and no answer carries a CORS header', async ({
  page,
}) => {
  const corsHeaders: string[] = []
  page.on('response', (response) => {
    const names = Object.keys(response.headers()).filter((name) => name.startsWith('access-control-'))
    corsHeaders.push(...names.map((name) => `${response.url()} ${name}`))
  })
  await page.goto(`http://127.0.0.1:${portOf(site)}/`)
  await attack(page, `http://127.0.0.1:${portOf(unguarded)}/alert/door`)
  // fetch ×3 (the preflighted one never leaves), forms ×3 and the beacon arrive where nothing guards; of the forms only text/plain
  // is JSON. Nobody waits for the beacon: it may be the last.
  await expect.poll(() => desk.rows('event')).toBe(5)
  const before = desk.rows('event')
  await attack(page, `http://127.0.0.1:${desk.port}/alert/door`)
  await attack(page, `http://localhost:${desk.port}/alert/door`)
  await expect.poll(refusals).toBeGreaterThanOrEqual(12)
  expect(desk.rows('event')).toBe(before)
  expect(corsHeaders).toEqual([])
})

function refusals(): number {
  const count = "SELECT coalesce(sum(count), 0) FROM refusal WHERE code = 'browser_not_allowed'"
  return desk.store.db.prepare(count).pluck().get() as number
}

test.describe('a page re-bound to this machine', () => {
  let browser: Browser
  test.beforeEach(async ({ launchOptions }) => {
    browser = await chromium.launch({
      ...launchOptions,
      // Without the second switch Chromium blocks the request itself, and the test would prove nothing.
      args: [
        ...(launchOptions.args ?? []),
        '--host-resolver-rules=MAP evil.test 127.0.0.1',
        '--disable-features=LocalNetworkAccessChecks',
      ],
    })
  })
  test.afterEach(() => browser.close())

  test('[S14] is refused, with and without a valid token', async () => {
    const { token } = await desk.store.writer.commit('source', (tx) => desk.store.sources.create(tx, 'siem', 'analyst'))
    const page = await browser.newPage()
    const send = async (port: number): Promise<(number | null)[]> => {
      await page.route('**/page', (route) => route.fulfill({ contentType: 'text/html', body: '<p>evil' }))
      await page.goto(`http://evil.test:${port}/page`)
      return page.evaluate(
        async ({ bearer, body }) => {
          const status = (promise: Promise<Response>): Promise<number | null> =>
            promise.then(
              (response) => response.status,
              () => null,
            )
          const headers = { Authorization: bearer }
          return [
            await status(fetch('/health')),
            await status(fetch('/alert/door', { method: 'POST', body, headers })),
            await status(fetch('/alert/raw/door', { method: 'POST', body })),
          ]
        },
        { bearer: `Bearer ${token}`, body: EVENT },
      )
    }
    // The control: with the guards out of the way the re-bound page reads and writes (without a token it would be 401).
    expect(await send(portOf(unguarded))).toEqual([200, 200, 401])
    expect(desk.rows('event')).toBe(1)
    expect(await send(desk.port)).toEqual([403, 403, 403])
    expect(desk.rows('event')).toBe(1)
  })
})
