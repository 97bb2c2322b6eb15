import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Notification, resetElectron } from '../../tests/fakes/electron.ts'
import { WaitingNotifier, waitingText } from './notifications.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

function notifier() {
  const timers: (() => void)[] = []
  const routes: string[] = []
  const failures: string[] = []
  const state = { isFocused: false }
  const waiting = new WaitingNotifier({
    after: (_delayMs, callback) => void timers.push(callback),
    isFocused: () => state.isFocused,
    show: (route) => routes.push(route),
    onFailed: (reason) => failures.push(reason),
  })
  const pass = (): void => timers.splice(0).forEach((callback) => callback())
  return { waiting, pass, routes, failures, state, timers }
}

describe('notifications', () => {
  it('says that one action waits, and leads to it', () => {
    const { waiting, pass, routes } = notifier()
    waiting.add({ actionId: 'a/1' })
    expect(Notification.shown).toEqual([])
    pass()
    expect(Notification.shown[0]?.options).toEqual({
      title: 'Waiting for you',
      body: 'One action waits for your decision.',
    })
    Notification.shown[0]?.emit('click')
    expect(routes).toEqual(['waiting/a%2F1'])
  })

  it('makes one of a burst, counts an action once, and leads to the list', () => {
    const { waiting, pass, routes, timers } = notifier()
    for (const actionId of ['1', '2', '2', '3']) waiting.add({ actionId })
    expect(timers).toHaveLength(1)
    pass()
    expect(Notification.shown).toHaveLength(1)
    expect(Notification.shown[0]?.options.body).toBe('3 actions wait for your decision.')
    Notification.shown[0]?.emit('click')
    expect(routes).toEqual(['waiting'])
  })

  it('replaces the one before', () => {
    const { waiting, pass } = notifier()
    waiting.add({ actionId: '1' })
    pass()
    waiting.add({ actionId: '2' })
    pass()
    expect(Notification.shown).toHaveLength(1)
  })

  it('says nothing while the desk has the focus', () => {
    const { waiting, pass, state } = notifier()
    state.isFocused = true
    waiting.add({ actionId: '1' })
    pass()
    expect(Notification.shown).toEqual([])
  })

  it('reports one that the system refused', () => {
    const { waiting, pass, failures } = notifier()
    waiting.add({ actionId: '1' })
    pass()
    Notification.shown[0]?.emit('failed', {}, 'not signed')
    expect(failures).toEqual(['not signed'])
  })

  it('[S20] holds no text of an alert, and little of anything', () => {
    const { title, body } = waitingText(1_000_000)
    // macOS shows 256 bytes.
    expect(title.length + body.length).toBeLessThan(256)
  })
})
