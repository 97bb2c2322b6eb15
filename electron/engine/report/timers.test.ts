import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../../tests/fakes/ports.ts'
import { Timers } from './timers.ts'

const DAY = 86_400_000
const LOOK = 30_000

let clock: FakeClock
let looks: number[]
let timers: Timers

beforeEach(() => {
  clock = new FakeClock()
  looks = []
  timers = new Timers(clock, () => looks.push(clock.now()))
})

describe('waiting for a time', () => {
  it('calls back at that time, once', () => {
    const at = clock.now() + 5000
    timers.arm(at)
    clock.advance(DAY)
    expect(looks).toEqual([at])
  })

  it('calls back at once for what is up already', () => {
    timers.arm(clock.now() - DAY)
    clock.advance(0)
    expect(looks).toHaveLength(1)
  })

  it('waits for the last time alone, and for none where there is none', () => {
    timers.arm(clock.now() + 1000)
    timers.arm(clock.now() + 2000)
    clock.advance(1999)
    expect(looks).toEqual([])
    timers.arm(null)
    clock.advance(DAY)
    expect(looks).toEqual([])
  })

  it.each([
    ['the machine sleeps for a day', DAY],
    ['the clock is set back by a day', -DAY],
  ])('looks at the clock within half a minute where %s', (_what, ms) => {
    timers.arm(clock.now() + 300_000)
    clock.sleep(ms)
    const woke = clock.now()
    clock.advance(LOOK)
    expect(looks).toEqual([woke + LOOK])
  })
})
