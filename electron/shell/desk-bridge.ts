import type { DeskBridge } from '../../shared/contract.ts'

/** What the preload needs of Electron's `ipcRenderer`. */
export interface BridgeIpc {
  invoke(channel: string, ...args: unknown[]): Promise<unknown>
  on(channel: string, listener: (event: unknown, ...args: unknown[]) => void): unknown
}

/** The same words stand in ipc-bridge.ts, which the page's process cannot import. */
const CALL_CHANNEL = 'desk:call'
const EVENT_CHANNEL = 'desk:event'

/**
 * Makes `window.desk`. It knows names only and checks nothing else: what counts is checked in main, where the page cannot
 * reach. Nothing of Electron leaks into the page: no channel of its choice, no event object.
 * @param calls every name of the contract
 * @param topics every topic of the contract
 */
export function makeDeskBridge(ipc: BridgeIpc, calls: readonly string[], topics: readonly string[]): DeskBridge {
  const listeners = new Map(topics.map((topic) => [topic, new Set<(payload: never) => void>()]))
  ipc.on(EVENT_CHANNEL, (_event, topic, payload) => {
    for (const listener of listeners.get(String(topic)) ?? []) listener(payload as never) // main sends the topic's own
  })
  return {
    call: (name, arg) => {
      if (!calls.includes(name)) return Promise.resolve(unknownCall(name))
      return ipc.invoke(CALL_CHANNEL, name, arg) as never // the router answers with the call's own `Answer`
    },
    on: (topic, listener) => {
      const set = listeners.get(topic)
      set?.add(listener)
      return () => void set?.delete(listener)
    },
  }
}

function unknownCall(name: unknown): { ok: false; error: { code: string; message: string } } {
  return { ok: false, error: { code: 'unknown_call', message: `There is no call "${String(name).slice(0, 64)}".` } }
}
