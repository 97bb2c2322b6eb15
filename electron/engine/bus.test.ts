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

  it('bounds the ids of one message', () => {
    const { clock, run } = stoppedClock()
    const bus = new Bus(clock)
    let count = 0
    bus.on((_topic, payload) => (count = 'alertIds' in payload ? payload.alertIds.length : -1))
    for (let n = 0; n < 1000; n += 1) bus.changed('alerts', { alertIds: [`id-${n}`] })
    run()
    expect(count).toBe(200)
  })
})
