import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { callNames, topics } from '../../shared/contract.ts'
import { makeDeskBridge } from './desk-bridge.ts'

function page() {
  const events = new EventEmitter()
  const invoked: unknown[][] = []
  const ipc = {
    invoke: (...args: unknown[]) => Promise.resolve(void invoked.push(args)),
    on: (channel: string, listener: (...args: unknown[]) => void) => events.on(channel, listener),
  }
  return { bridge: makeDeskBridge(ipc, callNames, Object.keys(topics)), events, invoked }
}

describe('window.desk', () => {
  it('[S1, S4] has two functions and nothing else (item 20)', () => {
    expect(Object.entries(page().bridge).map(([name, value]) => [name, typeof value])).toEqual([
      ['call', 'function'],
      ['on', 'function'],
    ])
  })

  it('[S4] passes calls of the contract on and no others', async () => {
    const { bridge, invoked } = page()
    await bridge.call('desk.state', {})
    expect(invoked).toEqual([['desk:call', 'desk.state', {}]])
    for (const name of ['desk:event', 'constructor', '__proto__', '']) {
      expect(await bridge.call(name as 'desk.state', {})).toMatchObject({ ok: false, error: { code: 'unknown_call' } })
    }
    expect(invoked).toHaveLength(1)
  })

  it('[S1] gives listeners the payload without the event, until they end it (item 20)', () => {
    const { bridge, events } = page()
    const heard: unknown[][] = []
    const end = bridge.on('news', (...args) => heard.push(args))
    const other = bridge.on('changed', (...args) => heard.push(args))
    events.emit('desk:event', { sender: 'ipcRenderer' }, 'news', { text: 'one' })
    events.emit('desk:event', {}, 'unknown', {})
    end()
    events.emit('desk:event', {}, 'news', { text: 'two' })
    other()
    expect(heard).toEqual([[{ text: 'one' }]])
    bridge.on('unknown' as 'news', () => heard.push([]))()
    expect(heard).toHaveLength(1)
  })
})
