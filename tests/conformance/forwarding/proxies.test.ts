import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOOR_POLICY, post, send, startDesk, type TestDesk, type WireAnswer } from '../../security/receiver-kit.ts'
import { freePort, Program, programAt, recipes, suiteOf, tokenOf } from './kit.ts'

/* The recipes of docs/FORWARDING.md for proxies, by the programs themselves: as written there, but for addresses. */

const EVENT = '{"title":"open","who":"ann"}'
const NAME = 'alerts.example.org'

let desk: TestDesk
let program: Program
let port: number
beforeEach(async () => {
  desk = await startDesk({ allowHosts: [NAME], policies: { 'alert/door.rego': DOOR_POLICY } })
  program = new Program()
  port = await freePort()
})
afterEach(async () => {
  await program.stop()
  await desk.close()
})

/** A recipe with the addresses of this test. */
function adapted(recipe: string): string {
  return recipe.replaceAll('127.0.0.1:8080', `127.0.0.1:${desk.port}`).replaceAll('127.0.0.1:8443', `127.0.0.1:${port}`)
}

function ask(headers: string[] = [], host = NAME): Promise<WireAnswer | null> {
  return post(port, '/alert/door', EVENT, [`Host: ${host}`, ...headers])
}

async function expectListening(): Promise<void> {
  const isThere = async (): Promise<boolean> => (await ask().catch(() => null)) !== null
  await expect.poll(isThere, { timeout: 20_000, message: program.output }).toBe(true)
}

/** What holds behind every proxy: strangers are refused whatever name they call it by, a token lets in. */
async function expectGuarded(): Promise<void> {
  await expectListening()
  expect((await ask())?.status).toBe(401)
  for (const host of ['127.0.0.1', `127.0.0.1:${desk.port}`, `localhost:${desk.port}`]) {
    expect((await ask([], host))?.body).not.toContain('event_id')
  }
  expect(desk.rows('event')).toBe(0)
  const token = await tokenOf(desk)
  expect(await ask([`Authorization: Bearer ${token}`])).toMatchObject({
    status: 200,
    json: { alerts: [{ title: 'open' }] },
  })
  const elsewhere = await send(port, { method: 'GET', target: '/health', headers: [`Host: ${NAME}`] })
  expect([403, 404]).toContain(elsewhere?.status)
  expect(desk.rows('event')).toBe(1)
}

/** nginx in the foreground, with files in the test's folder. */
function startNginx(server: string): void {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  const config = `daemon off; pid nginx.pid; error_log stderr; worker_processes 1; events {}
http { access_log off; ${temporary.join(' ')}\n${server}\n}`
  program.write('nginx.conf', config)
  program.start('nginx', ['-p', program.folder, '-e', 'stderr', '-c', 'nginx.conf'])
}

describe.skipIf(!programAt('nginx'))(suiteOf('nginx', 'nginx-light'), () => {
  it('guards the receiver by its recipe', async () => {
    startNginx(adapted(recipes('### nginx', 'nginx')[0] ?? ''))
    await expectGuarded()
  })

  it('speaks HTTP/1.0 by itself, and is taken for local where it says nothing of whom it speaks for', async () => {
    startNginx(`server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${desk.port}; } }`)
    await expectListening()
    expect((await ask())?.status).toBe(200)
  })

  it('[B39] is no local sender with its own name for the receiver and one header', async () => {
    const header = 'proxy_set_header X-Real-IP $remote_addr;'
    startNginx(
      `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${desk.port}; ${header} } }`,
    )
    await expectListening()
    expect((await ask())?.status).toBe(401)
    expect(desk.rows('event')).toBe(0)
  })
})

describe.skipIf(!programAt('haproxy'))(suiteOf('haproxy', 'haproxy'), () => {
  it('guards the receiver by its recipe, and finds it healthy', async () => {
    const timeouts = 'defaults\n\ttimeout connect 5s\n\ttimeout client 30s\n\ttimeout server 30s\n'
    program.write('haproxy.cfg', `${timeouts}${adapted(recipes('### haproxy', 'haproxy')[0] ?? '')}`)
    program.start('haproxy', ['-db', '-f', 'haproxy.cfg'])
    await expectGuarded()
    expect(program.output).not.toContain('is DOWN')
  })
})

describe.skipIf(!programAt('caddy'))(suiteOf('caddy', 'caddy'), () => {
  it('guards the receiver by its recipe', async () => {
    const site = adapted(recipes('### Caddy', 'caddy')[0] ?? '').replace(`${NAME} {`, `http://${NAME}:${port} {`)
    program.write('Caddyfile', `{\n\tadmin off\n\tauto_https off\n}\n${site}`)
    const home = { HOME: program.folder, XDG_DATA_HOME: program.folder, XDG_CONFIG_HOME: program.folder }
    program.start('caddy', ['run', '--config', 'Caddyfile'], home)
    await expectGuarded()
  })
})

it('cloudflared: what it adds to each request is enough, whether it keeps the name or not', async () => {
  const [recipe = ''] = recipes('### cloudflared', 'yaml')
  expect(recipe).toContain('service: http://127.0.0.1:8080')
  port = desk.port
  // https://developers.cloudflare.com/fundamentals/reference/http-headers/
  const added = [
    'Cdn-Loop: cloudflare',
    'Cf-Connecting-Ip: 203.0.113.9',
    'Cf-Ray: 8c1f2d3e4a5b6c7d-FRA',
    'Cf-Visitor: {}',
  ]
  const forwarded = ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https', ...added]
  for (const host of [NAME, `127.0.0.1:${desk.port}`]) expect((await ask(forwarded, host))?.status).toBe(401)
  const token = await tokenOf(desk)
  expect((await ask([...forwarded, `Authorization: Bearer ${token}`]))?.status).toBe(200)
})
