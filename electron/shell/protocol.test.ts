import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { done, resetElectron } from '../../tests/fakes/electron.ts'
import { readBundleFile } from '../bridge/static-files.ts'
import { answerDeskRequest, DESK_CSP, registerDeskScheme, serveDesk } from './protocol.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-protocol-'))
  await mkdir(join(folder, 'bundle', 'assets'), { recursive: true })
  await writeFile(join(folder, 'bundle', 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'bundle', 'assets', 'a.js'), 'export {}')
  await writeFile(join(folder, 'bundle', 'notes.txt'), 'no known type')
  await writeFile(join(folder, 'bundle', '.hidden.js'), 'hidden')
  await writeFile(join(folder, 'secret.js'), 'secret')
  await mkdir(join(folder, 'bundle-evil'))
  await writeFile(join(folder, 'bundle-evil', 'x.js'), 'secret')
  await symlink(join(folder, 'secret.js'), join(folder, 'bundle', 'link.js'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(resetElectron)

function get(url: string, method = 'GET'): Promise<Response> {
  return answerDeskRequest({ method, url }, (path) => readBundleFile(join(folder, 'bundle'), path))
}

describe('protocol', () => {
  it('[S2] serves the bundle with type and policy', async () => {
    const page = await get('app://desk/')
    expect(page.status).toBe(200)
    expect(await page.text()).toBe('<!doctype html>')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toBe(DESK_CSP)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    const script = await get('app://desk/assets/a.js?v=1#x')
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
  })

  it('[S2] answers HEAD without a body', async () => {
    const page = await get('app://desk/', 'HEAD')
    expect([page.status, await page.text(), page.headers.get('content-length')]).toEqual([200, '', '15'])
  })

  it.each([
    'app://desk/../secret.js',
    'app://desk/%2e%2e/secret.js',
    'app://desk/%2e%2e%2fsecret.js',
    'app://desk/..%5csecret.js',
    'app://desk/assets/..%2f..%2fsecret.js',
    'app://desk/../bundle-evil/x.js',
    'app://desk/%252e%252e/secret.js',
    'app://desk/%00',
    'app://desk/index.html%00.js',
    'app://desk/%zz',
    'app://desk//host/x',
    'app://desk//etc/passwd',
    'app://desk/C:/secret.js',
    'app://desk/link.js',
    'app://desk/assets',
    'app://desk/assets/',
    'app://desk/notes.txt',
    'app://desk/.hidden.js',
    'app://desk/missing.js',
    'app://desk.evil/index.html',
    'app://evil/index.html',
    'app://desk@evil/index.html',
    'app://evil@desk/index.html',
    'app://desk:8080/index.html',
    'file:///etc/passwd',
    'https://desk/index.html',
  ])('[S2] refuses %s', async (url) => {
    const answer = await get(url)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(await answer.text()).toBe('')
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('[S2] refuses the method %s', async (method) => {
    expect((await get('app://desk/', method)).status).toBe(405)
  })

  it('[S1] is a standard, secure scheme without bypasses, and file: serves nothing (items 1, 18)', async () => {
    registerDeskScheme()
    expect(done).toEqual([
      [
        'schemes',
        [{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }],
      ],
    ])
    serveDesk(() => Promise.resolve(null))
    const file = done.find(([what, scheme]) => what === 'protocol' && scheme === 'file')?.[2] as () => Response
    expect(file().status).toBe(403)
    const own = done.find(([what, scheme]) => what === 'protocol' && scheme === 'app')?.[2] as (r: {
      method: string
      url: string
    }) => Promise<Response>
    expect((await own({ method: 'GET', url: 'app://desk/' })).status).toBe(404)
  })

  it('[S1] allows no inline script, no eval and no network (item 7)', () => {
    expect(DESK_CSP).not.toMatch(/unsafe|https?:|\*|blob:/)
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'none'", "frame-ancestors 'none'"]) {
      expect(DESK_CSP).toContain(rule)
    }
  })
})
