import { beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, app, BrowserWindow, done, resetElectron } from '../../tests/fakes/electron.ts'
import type { App } from 'electron'
import { EventEmitter } from 'node:events'
import { afterRenderGone, keepCrashDumps, watchProcesses } from './crash.ts'
import { deskAddress, DeskWindow } from './window.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

function desk() {
  const time = { now: 1_000_000 }
  const events: string[] = []
  const window = new DeskWindow({
    preload: '/out/preload.cjs',
    hasDevTools: false,
    isDark: () => true,
    now: () => time.now,
    onContents: () => events.push('admitted'),
    onGone: ({ reason }) => events.push(reason),
    quit: () => events.push('quit'),
  })
  return { window, time, events }
}

async function crash(reason = 'crashed'): Promise<void> {
  BrowserWindow.opened[0]?.webContents.emit('render-process-gone', {}, { reason, exitCode: 9 })
  // The dialog's answer and what follows it are promises that nobody waits for.
  await vi.waitFor(() => expect(answers.dialogButtons).toEqual([]))
  await Promise.resolve()
}

describe('window', () => {
  it('[S1] has a sandboxed, isolated page without Node (items 2 to 4, 6, 8 to 12)', async () => {
    await desk().window.show()
    expect(BrowserWindow.opened[0]?.options.webPreferences).toEqual({
      preload: '/out/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    })
  })

  it('opens once, comes to the front, and goes to a place without loading anew', async () => {
    const { window, events } = desk()
    await window.show()
    await window.show()
    await window.show('waiting/1')
    expect(BrowserWindow.opened).toHaveLength(1)
    expect(BrowserWindow.opened[0]?.calls).toEqual([
      'load app://desk/',
      'show',
      'show',
      'load app://desk/#/waiting/1',
      'show',
    ])
    expect(events).toEqual(['admitted'])
    expect(window.isFocused()).toBe(true)
  })

  it('opens anew after it was closed', async () => {
    const { window } = desk()
    await window.show()
    BrowserWindow.opened[0]?.emit('closed')
    expect(window.current()).toBeNull()
    await window.show('inbox')
    expect(BrowserWindow.opened[1]?.calls[0]).toBe('load app://desk/#/inbox')
  })

  it('[S29] reloads a crashed page once, then asks', async () => {
    const { window, events, time } = desk()
    await window.show()
    await crash()
    expect(BrowserWindow.opened[0]?.calls).toContain('reload')
    time.now += 10_000
    answers.dialogButtons = [1, 2]
    await crash('oom')
    await vi.waitFor(() => expect(events).toEqual(['admitted', 'crashed', 'oom', 'quit']))
    const copied = done.find(([what]) => what === 'clipboard')?.[1]
    expect(copied).toContain('oom (exit code 9)')
    expect(BrowserWindow.opened[0]?.calls.filter((call) => call === 'reload')).toHaveLength(1)
  })

  it('[S29] leaves a page alone that ended by itself', async () => {
    const { window } = desk()
    await window.show()
    await crash('clean-exit')
    expect(BrowserWindow.opened[0]?.calls).not.toContain('reload')
  })

  it('[S29] reloads again once a minute has passed', () => {
    expect(afterRenderGone('crashed', null, 0)).toBe('reload')
    expect(afterRenderGone('crashed', 0, 60_000)).toBe('ask')
    expect(afterRenderGone('crashed', 0, 60_001)).toBe('reload')
    expect(afterRenderGone('clean-exit', 0, 1)).toBe('nothing')
  })

  it.each(['uncaughtException', 'unhandledRejection'])('[S29] ends on a bug of its own (%s), and says so', (event) => {
    const main = new EventEmitter()
    const logged: string[] = []
    watchProcesses({
      app: app as unknown as App,
      process: main as unknown as NodeJS.Process,
      log: (message) => logged.push(message),
    })
    app.emit('child-process-gone', {}, { type: 'GPU', reason: 'crashed', exitCode: 5 })
    main.emit(event, new Error('bug'))
    expect(logged).toEqual(['process gone', 'bug in the main process'])
    expect(done).toEqual([
      ['errorBox', 'Tocsin has to close'],
      ['exit', 1],
    ])
  })

  it('sends no crash dump anywhere', () => {
    keepCrashDumps()
    expect(done).toEqual([['crashReporter', { uploadToServer: false }]])
  })

  it('addresses places by fragment', () => {
    expect([deskAddress(), deskAddress('inbox')]).toEqual(['app://desk/', 'app://desk/#/inbox'])
  })
})
