import type { App } from 'electron'
import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, app, done, resetElectron } from '../../tests/fakes/electron.ts'
import { holdInstance } from './instance.ts'
import { menuTemplate } from './menu.ts'
import { quitInOrder } from './quit.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

function quitting(stop: () => Promise<void>) {
  const process = new EventEmitter()
  const failures: unknown[] = []
  const quit = quitInOrder({
    app: app as unknown as App,
    process: process as unknown as NodeJS.Process,
    stop,
    onFailed: (error) => failures.push(error),
  })
  return { process, quit, failures, exits: () => done.filter(([what]) => what === 'exit') }
}

describe('quit', () => {
  it('stops the engine before the process ends, once', async () => {
    const engine = Promise.withResolvers<void>()
    let stops = 0
    const { quit, exits } = quitting(() => {
      stops += 1
      return engine.promise
    })
    quit()
    quit()
    expect([stops, exits()]).toEqual([1, []])
    expect(done).toContainEqual(['quit prevented'])
    engine.resolve()
    await vi.waitFor(() => expect(exits()).toEqual([['exit', 0]]))
  })

  it('ends in order on a signal and at once on the second', () => {
    const { process, exits } = quitting(() => new Promise(() => {}))
    process.emit('SIGTERM')
    expect(exits()).toEqual([])
    process.emit('SIGINT')
    expect(exits()).toEqual([['exit', 1]])
  })

  it('ends with 1 when the engine could not be stopped', async () => {
    const { quit, exits, failures } = quitting(() => Promise.reject(new Error('stuck')))
    quit()
    await vi.waitFor(() => expect(exits()).toEqual([['exit', 1]]))
    expect(failures).toEqual([new Error('stuck')])
  })
})

describe('instance', () => {
  it('[S8, S18] is one per data folder, does not touch the folder to know, and obeys no argument of a second start', () => {
    let seconds = 0
    expect(holdInstance('/data/a', () => (seconds += 1))).toBe(true)
    expect(holdInstance('/data/b', () => {})).toBe(true)
    const profiles = done.map(([, , path]) => String(path))
    expect(new Set(profiles).size).toBe(2)
    for (const path of profiles) expect(path).toMatch(/^\/fake\/appData\//)
    app.emit('second-instance', {}, ['tocsin', '--inspect', 'tocsin://approve?id=1'])
    expect(seconds).toBe(1)
  })

  it('[S18] gives way to the one that has the folder', () => {
    answers.hasLock = false
    expect(holdInstance('/data/a', () => expect.unreachable())).toBe(false)
    app.emit('second-instance')
  })
})

describe('menu', () => {
  it('has the roles that copy and paste need, and the developer tools in development only', () => {
    const roles = (hasDevTools: boolean): unknown[] =>
      menuTemplate({ isMac: true, hasDevTools, show: () => {} }).flatMap(({ role, submenu }) => [
        role,
        ...(Array.isArray(submenu) ? submenu.map((item) => item.role) : []),
      ])
    expect(roles(false)).toEqual(expect.arrayContaining(['appMenu', 'fileMenu', 'editMenu', 'windowMenu']))
    expect(roles(false)).not.toContain('toggleDevTools')
    expect(roles(true)).toContain('toggleDevTools')
  })

  it('leads to places and decides nothing', () => {
    const shown: string[] = []
    const menu = menuTemplate({ isMac: false, hasDevTools: false, show: (route) => shown.push(route) })
    const go = menu.find(({ label }) => label === 'Go')?.submenu
    if (!Array.isArray(go)) expect.unreachable()
    for (const item of go) (item.click as () => void)()
    expect(shown).toEqual(['waiting', 'inbox', 'events', 'problems', 'containments', 'settings'])
    expect(JSON.stringify(menu)).not.toMatch(/approve|reject/i)
  })
})
