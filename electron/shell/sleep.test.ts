import { EventEmitter } from 'node:events'
import type { PowerMonitor } from 'electron'
import { expect, it } from 'vitest'
import { watchSleep } from './sleep.ts'

it('says how long the machine slept, once it is awake', () => {
  const powerMonitor = new EventEmitter()
  let now = 1000
  const slept: number[] = []
  watchSleep({ powerMonitor: powerMonitor as unknown as PowerMonitor, now: () => now, onWoke: (ms) => slept.push(ms) })
  powerMonitor.emit('resume')
  powerMonitor.emit('suspend')
  now += 5000
  powerMonitor.emit('suspend')
  now += 5000
  expect(slept).toEqual([])
  powerMonitor.emit('resume')
  powerMonitor.emit('resume')
  expect(slept).toEqual([10_000])
})
