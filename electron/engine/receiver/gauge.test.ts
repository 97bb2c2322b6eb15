import { describe, expect, it } from 'vitest'
import { Gauge, type Hold, type Party } from './gauge.ts'

const ANYBODY: Party = { sourceId: '', isProven: false }
const WAZUH: Party = { sourceId: 'wazuh', isProven: true }
const FALCO: Party = { sourceId: 'falco', isProven: true }

/** A gauge of ten requests and a hundred bytes, whose clock the test moves. */
function open() {
  const clock = { ms: 0 }
  const gauge = new Gauge(10, 100, () => clock.ms)
  const gone: string[] = []
  const enter = (name: string, party: Party, bytes = 0): Hold | null => {
    const hold = gauge.enter(party, true)
    hold?.onGiveWay(() => gone.push(name))
    return hold && (bytes === 0 || hold.add(bytes)) ? hold : null
  }
  return { clock, gauge, gone, enter }
}

describe('Gauge', () => {
  it('[S17] keeps half of everything for sources as soon as there are tokens', () => {
    const { gauge, gone, enter } = open()
    for (let count = 0; count < 5; count += 1) expect(enter(`a${count}`, ANYBODY, 10)).not.toBeNull()
    expect(enter('a5', ANYBODY)).toBeNull()
    expect(enter('w', WAZUH, 50)).not.toBeNull()
    expect(gone).toEqual([])
    const alone = new Gauge(10, 100)
    expect(alone.enter(ANYBODY, false)?.add(100)).toBe(true)
    expect(gauge.enter(ANYBODY, true)).toBeNull()
  })

  it('[S17] lets no source take the share of another', () => {
    const { enter } = open()
    const wazuh = enter('w', WAZUH, 50)
    expect(wazuh?.add(1)).toBe(false)
    expect(enter('f', FALCO, 50)).not.toBeNull()
  })

  it('[S17] lets who waits longest for least give way, not who has just come and not who has sent all', () => {
    const { clock, gone, enter } = open()
    enter('complete', ANYBODY, 10)?.received()
    const slow = enter('slow', ANYBODY, 10)
    enter('quick', ANYBODY, 30)
    expect(enter('early', ANYBODY, 1)).toBeNull()
    clock.ms = 2000
    expect(enter('late', ANYBODY, 5)).not.toBeNull()
    expect(gone).toEqual(['early', 'slow'])
    expect(slow?.add(1)).toBe(false)
    slow?.leave()
    expect(enter('later', ANYBODY, 5)).not.toBeNull()
    expect(gone).toEqual(['early', 'slow'])
  })

  it('[S17] lets those without a token give way to a source where the whole is full', () => {
    const clock = { ms: 0 }
    const gauge = new Gauge(10, 100, () => clock.ms)
    const gone: string[] = []
    const anybody = gauge.enter(ANYBODY, false)
    anybody?.onGiveWay(() => gone.push('anybody'))
    anybody?.add(100)
    clock.ms = 2000
    expect(gauge.enter(WAZUH, true)?.add(50)).toBe(true)
    expect(gone).toEqual(['anybody'])
  })

  it('gives places and bytes back', () => {
    const { enter } = open()
    for (let count = 0; count < 30; count += 1) {
      const hold = enter('a', ANYBODY, 50)
      expect(hold).not.toBeNull()
      hold?.leave()
    }
  })
})
