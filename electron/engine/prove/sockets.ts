import { createHook } from 'node:async_hooks'

/** What Node makes of every way out: connections, datagrams, names that are looked up. */
const WAYS_OUT = new Set([
  'TCPCONNECTWRAP',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'TLSWRAP',
  'UDPWRAP',
  'UDPSENDWRAP',
  'GETADDRINFOREQWRAP',
  'GETNAMEINFOREQWRAP',
  'QUERYWRAP',
])

/** Notes every way out that this thread takes, whoever takes it. */
export function watchSockets(): { seen: () => string[]; stop: () => void } {
  const seen: string[] = []
  const hook = createHook({
    init(_id, type) {
      if (WAYS_OUT.has(type)) seen.push(type)
    },
  }).enable()
  return { seen: () => [...seen], stop: () => void hook.disable() }
}
