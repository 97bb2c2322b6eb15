import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Answer } from '../shared/contract.ts'
import { EngineClient } from './bridge/engine-client.ts'
import { app, BrowserWindow, done, powerMonitor, session } from '../tests/fakes/electron.ts'

vi.mock('electron', () => import('../tests/fakes/electron.ts'))

type Handler = (...args: unknown[]) => unknown

let dataDir: string
const printed: string[] = []

/** The app's own main module on the real engine; only Electron is a fake. */
beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'tocsin-main-')), 'data')
  vi.stubEnv('TOCSIN_DATA', dataDir)
  vi.stubEnv('TOCSIN_ADDR', '127.0.0.1:0')
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text))
    return true
  })
  await import('./main.ts')
  await vi.waitFor(() => expect(printed.join('')).toContain('"ready":true'), { timeout: 20_000 })
})
afterAll(async () => {
  await rm(join(dataDir, '..'), { recursive: true, force: true })
})

function installed(...what: string[]): Handler {
  const entry = done.find((item) => what.every((part, index) => item[index] === part))
  if (entry === undefined) throw new Error(`Nothing was installed as ${what.join(' ')}`)
  return entry[what.length] as Handler
}

function callDesk(origin: string): Promise<Answer<unknown>> {
  const contents = BrowserWindow.opened[0]?.webContents
  const frame = contents?.mainFrame
  if (frame === undefined) throw new Error('There is no window')
  frame.origin = origin
  const answer = installed('handle', 'desk:call')({ sender: contents, senderFrame: frame }, 'desk.state', {})
  return answer as Promise<Answer<unknown>> // what the router gives
}

describe('main', () => {
  it('prints one line that says where everything is', () => {
    const lines = printed.join('').trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      ready: true,
      receiver: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      desk: null,
      data: dataDir,
      policyDir: join(dataDir, 'workspace'),
    })
  })

  it('[S1] sets the sandbox and the scheme before anything else, and guards the session', () => {
    expect(done.slice(0, 3).map(([what]) => what)).toEqual(['crashReporter', 'enableSandbox', 'schemes'])
    expect(Object.keys(session.defaultSession.handlers).toSorted()).toEqual([
      'beforeRequest',
      'devicePermission',
      'displayMedia',
      'permissionCheck',
      'permissionRequest',
    ])
    expect(done.findIndex(([what]) => what === 'appendSwitch')).toBeLessThan(
      done.findIndex(([what]) => what === 'protocol'),
    )
    expect(app.listenerCount('web-contents-created')).toBe(1)
    expect(BrowserWindow.opened).toHaveLength(1)
    expect(BrowserWindow.opened[0]?.options.webPreferences?.devTools).toBe(false)
  })

  it('[S5] answers its own page from the engine, and no other', async () => {
    expect(await callDesk('app://desk')).toMatchObject({ ok: true, value: { host: 'electron', dataDir } })
    expect(await callDesk('app://desk.evil')).toMatchObject({ ok: false, error: { code: 'untrusted_sender' } })
  })

  it.skipIf(process.platform === 'win32')('[S30] keeps what it makes to its owner', async () => {
    const modes = await Promise.all([dataDir, join(dataDir, 'tocsin.db')].map(async (path) => (await stat(path)).mode))
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '600'])
  })

  it('tells the engine of a sleep', () => {
    const told = vi.spyOn(EngineClient.prototype, 'wokeUp')
    powerMonitor.emit('suspend')
    powerMonitor.emit('resume')
    expect(told).toHaveBeenCalledExactlyOnceWith(expect.any(Number))
  })

  it('stops the engine before it ends', async () => {
    app.quit()
    await vi.waitFor(() => expect(done.at(-1)).toEqual(['exit', 0]), { timeout: 10_000 })
  })
})
