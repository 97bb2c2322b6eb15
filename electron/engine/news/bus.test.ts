import { describe, expect, it } from 'vitest'
import { Bus } from './bus.ts'

/** A clock whose timers run when the test says so. */
function stoppedClock() {
  const due: (() => void)[] = []
  return {
    clock: {
      now: () => 0,
      nowNs: () => '0',
      after(_delay: number, callback: () => void) {
        due.push(callback)
        return () => due.splice(due.indexOf(callback), 1)
      },
    },
    run: () => due.splice(0).forEach((callback) => callback()),
  }
}

describe('bus', () => {
  it('sends what changed within one interval as one message', () => {
    const { clock, run } = stoppedClock()
    const bus = new Bus(clock)
    const seen: unknown[] = []
    bus.on((topic, payload) => seen.push([topic, payload]))
    bus.changed('alerts', { alertIds: ['a'] })
    bus.changed(['alerts', 'events'], { alertIds: ['b'], chainIds: ['c'] })
    expect(seen).toEqual([])
    run()
    run()
    expect(seen).toEqual([['changed', { what: ['alerts', 'events'], alertIds: ['a', 'b'], chainIds: ['c'] }]])
  })

  it('sends news at once and stops after unsubscribing', () => {
    const { clock, run } = stoppedClock()
    const bus = new Bus(clock)
    const seen: unknown[] = []
    const end = bus.on((topic, payload) => seen.push([topic, payload]))
    bus.news('alert', 'New alert', { alertId: 'a' })
    end()
    bus.news('alert', 'Another')
    bus.changed('state')
    run()
    expect(seen).toEqual([['news', { kind: 'alert', text: 'New alert', alertId: 'a', actionId: null }]])
  })

  it('names no ids in a message about more than 200 of them: whoever listens asks for everything', () => {
    const { clock, run } = stoppedClock()
    const bus = new Bus(clock)
    const seen: unknown[] = []
    bus.on((_topic, payload) => seen.push(payload))
    for (let n = 0; n < 201; n += 1) bus.changed('alerts', { alertIds: [`id-${n}`], chainIds: ['c'] })
    run()
    bus.changed('alerts', { alertIds: ['next'] })
    run()
    expect(seen).toEqual([
      { what: ['alerts'], alertIds: [], chainIds: [] },
      { what: ['alerts'], alertIds: ['next'], chainIds: [] },
    ])
  })

  it('names no ids where one of the gathered changes is about all alerts and chains', () => {
    const { clock, run } = stoppedClock()
    const bus = new Bus(clock)
    const seen: unknown[] = []
    bus.on((_topic, payload) => seen.push(payload))
    bus.changed(['alerts', 'chains'])
    bus.changed('alerts', { alertIds: ['a'] })
    run()
    bus.changed('state')
    bus.changed('alerts', { alertIds: ['b'] })
    run()
    expect(seen).toEqual([
      { what: ['alerts', 'chains'], alertIds: [], chainIds: [] },
      { what: ['state', 'alerts'], alertIds: ['b'], chainIds: [] },
    ])
  })
})
