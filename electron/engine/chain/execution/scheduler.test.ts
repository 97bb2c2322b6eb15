import { describe, expect, it } from 'vitest'
import { MAX_BEHIND, MAX_RUNNING_CHAINS, MAX_RUNNING_DECIDED, Scheduler } from './scheduler.ts'

const CALM = { isUnderLoad: () => false, clock: { after: () => () => {} } }

/** A scheduler whose chains end when the test says so; `started` is the order in which they began. */
function open() {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const load = { isUnderLoad: false, look: () => {} }
  const after = (_ms: number, look: () => void): (() => void) => {
    load.look = look
    return () => {}
  }
  const drive = (chainId: string): Promise<void> => {
    started.push(chainId)
    return new Promise((resolve) => ends.set(chainId, resolve))
  }
  const scheduler = new Scheduler(drive, { isUnderLoad: () => load.isUnderLoad, clock: { after } })
  const end = async (chainId: string): Promise<void> => {
    ends.get(chainId)?.()
    await new Promise(setImmediate)
  }
  return { scheduler, started, end, load }
}

describe('Scheduler', () => {
  it('runs sixteen at once, in the order in which they came', async () => {
    const { scheduler, started, end } = open()
    for (let chain = 0; chain < 20; chain += 1) scheduler.enqueue(`c${chain}`, '')
    expect(started).toHaveLength(MAX_RUNNING_CHAINS)
    await end('c3')
    expect(started.at(-1)).toBe('c16')
  })

  it('runs chains of a namespace one after the other, before those that came later', async () => {
    const { scheduler, started, end } = open()
    for (const chain of ['a1', 'a2', 'b1', 'a3']) scheduler.enqueue(chain, chain.slice(0, 1))
    for (let chain = 0; chain < 20; chain += 1) scheduler.enqueue(`c${chain}`, '')
    expect(started.slice(0, 2)).toEqual(['a1', 'b1'])
    expect(started).toHaveLength(MAX_RUNNING_CHAINS)
    await end('a1')
    expect(started.at(-1)).toBe('a2')
    await end('a2')
    expect(started.at(-1)).toBe('a3')
    await end('a3')
    expect(started.at(-1)).toBe('c14')
  })

  it('gives way to the intake under load, never wholly, and goes on afterwards by itself', async () => {
    const { scheduler, started, end, load } = open()
    load.isUnderLoad = true
    for (const chain of ['a', 'b', 'c', 'd']) scheduler.enqueue(chain, '')
    expect(started).toEqual(['a', 'b'])
    await end('a')
    expect(started).toEqual(['a', 'b', 'c'])
    load.isUnderLoad = false
    load.look()
    expect(started).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gives way no more when too many are behind: those would fill the memory', () => {
    const { scheduler, started, load } = open()
    load.isUnderLoad = true
    for (let chain = 0; chain < MAX_BEHIND + 3; chain += 1) scheduler.enqueue(`c${chain}`, '')
    expect(started).toHaveLength(3)
  })

  it('runs what the analyst decided before all that is behind, under load and beside sixteen slow ones', async () => {
    const { scheduler, started, end, load } = open()
    for (let chain = 0; chain < 1000; chain += 1) scheduler.enqueue(`c${chain}`, '')
    load.isUnderLoad = true
    scheduler.enqueueDecided('c900', '')
    scheduler.enqueueDecided('new', '')
    expect(started.slice(MAX_RUNNING_CHAINS)).toEqual(['c900', 'new'])
    for (let chain = 0; chain < MAX_RUNNING_DECIDED; chain += 1) scheduler.enqueueDecided(`d${chain}`, '')
    expect(started.at(-1)).toBe(`d${MAX_RUNNING_DECIDED - 3}`)
    await end('c900')
    expect(started.at(-1)).toBe(`d${MAX_RUNNING_DECIDED - 2}`)
  })

  it('drives a chain that was decided about while it waited once, not again in its old place', async () => {
    const { scheduler, started, end } = open()
    for (let chain = 0; chain <= MAX_RUNNING_CHAINS; chain += 1) scheduler.enqueue(`c${chain}`, '')
    scheduler.enqueueDecided('c16', '')
    await end('c16')
    for (let chain = 0; chain < MAX_RUNNING_CHAINS; chain += 1) await end(`c${chain}`)
    await scheduler.whenIdle()
    expect(started.filter((chain) => chain === 'c16')).toHaveLength(1)
  })

  it('lets what was decided wait for the chain of its namespace that runs, and for no other of it', async () => {
    const { scheduler, started, end } = open()
    for (const chain of ['a1', 'a2', 'a3']) scheduler.enqueue(chain, 'a')
    scheduler.enqueueDecided('a3', 'a')
    expect(started).toEqual(['a1'])
    await end('a1')
    await end('a3')
    await end('a2')
    await scheduler.whenIdle()
    expect(started).toEqual(['a1', 'a3', 'a2'])
  })

  it('keeps the order of a namespace when what was decided overtakes the one whose turn it was', async () => {
    const { scheduler, started, end, load } = open()
    for (const chain of ['a1', 'a2', 'a3', 'b', 'c']) scheduler.enqueue(chain, chain.slice(0, 1))
    load.isUnderLoad = true
    await end('a1') // a2 is next, and gives way
    scheduler.enqueueDecided('a4', 'a')
    load.isUnderLoad = false
    load.look()
    for (const chain of ['a4', 'a2', 'a3']) await end(chain)
    expect(started.filter((chain) => chain.startsWith('a'))).toEqual(['a1', 'a4', 'a2', 'a3'])
  })

  it('drives a chain once more in its lane that was decided about while it ran', async () => {
    const { scheduler, started, end, load } = open()
    load.isUnderLoad = true
    for (const chain of ['a', 'b', 'c']) scheduler.enqueue(chain, '')
    scheduler.enqueueDecided('a', '')
    await end('a')
    expect(started).toEqual(['a', 'b', 'a', 'c'])
  })

  it('drives a chain once more that was asked for while it ran, behind those of its namespace', async () => {
    const { scheduler, started, end } = open()
    scheduler.enqueue('a1', 'a')
    scheduler.enqueue('a2', 'a')
    scheduler.enqueue('a1', 'a')
    scheduler.enqueue('a1', 'a')
    await end('a1')
    await end('a2')
    await end('a1')
    await scheduler.whenIdle()
    expect(started).toEqual(['a1', 'a2', 'a1'])
  })

  it('stops with what runs; those that wait for a queued chain hear of it', async () => {
    const { scheduler, started, end } = open()
    scheduler.enqueue('a1', 'a')
    scheduler.enqueue('a2', 'a')
    const settled = scheduler.whenSettled('a2')
    const stopped = scheduler.stop()
    await settled
    await end('a1')
    await stopped
    scheduler.enqueue('a3', 'a')
    expect(started).toEqual(['a1'])
  })

  it('takes a hundred thousand chains of one namespace and of many', async () => {
    let driven = 0
    const order: string[] = []
    const scheduler = new Scheduler(async (chainId) => {
      driven += 1
      if (chainId.startsWith('one')) order.push(chainId)
      await Promise.resolve()
    }, CALM)
    for (let chain = 0; chain < 50_000; chain += 1) {
      scheduler.enqueue(`one${chain}`, 'one')
      scheduler.enqueue(`many${chain}`, `many${chain % 1000}`)
    }
    await scheduler.whenIdle()
    expect(driven).toBe(100_000)
    expect(order).toEqual(Array.from({ length: 50_000 }, (_, chain) => `one${chain}`))
  })

  it('does work of a chain alone in its namespace, before all others of it, and drives it then', async () => {
    const { scheduler, started, end } = open()
    for (const chain of ['a1', 'a2']) scheduler.enqueue(chain, 'a')
    for (let chain = 0; chain < 20; chain += 1) scheduler.enqueue(`c${chain}`, '')
    const settled = scheduler.inTurn('b1', 'b', () => Promise.resolve(started.push('work of b1')))
    void scheduler.inTurn('a1', 'a', () => Promise.resolve(started.push('work of a1')))
    expect(await settled).toBe(started.indexOf('work of b1') + 1)
    await end('b1')
    expect(started.slice(-2)).toEqual(['work of b1', 'b1'])
    expect(started).not.toContain('work of a1')
    await end('a1')
    expect(started.filter((entry) => /a\d/.test(entry))).toEqual(['a1', 'work of a1', 'a1'])
  })

  it('tells why work is not done, and drives the chain all the same', async () => {
    const { scheduler, started, end } = open()
    const failing = scheduler.inTurn('a1', 'a', () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(started).toEqual(['a1'])
    const late = scheduler.inTurn('a1', 'a', () => Promise.resolve())
    const stopped = scheduler.stop()
    await expect(late).rejects.toMatchObject({ code: 'engine_stopping' })
    await expect(scheduler.inTurn('b1', 'b', () => Promise.resolve())).rejects.toMatchObject({
      code: 'engine_stopping',
    })
    await end('a1')
    await stopped
  })
})
