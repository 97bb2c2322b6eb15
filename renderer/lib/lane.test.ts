import { expect, test } from 'vitest'
import { Lane } from './lane.ts'

/** A piece of work that ends when the test says so. */
function work() {
  const { promise, resolve } = Promise.withResolvers<string>()
  let isStarted = false
  return {
    run: () => {
      isStarted = true
      return promise
    },
    end: resolve,
    isStarted: () => isStarted,
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('runs no more than its width at once, and all of them in their order', async () => {
  const lane = new Lane(3)
  let running = 0
  let most = 0
  const order: number[] = []
  const each = async (no: number) => {
    most = Math.max(most, ++running)
    order.push(no)
    await settled()
    running--
    return no
  }
  const numbers = Array.from({ length: 100 }, (_, no) => no)
  expect(await Promise.all(numbers.map((no) => lane.run(() => each(no))))).toEqual(numbers)
  expect([most, order]).toEqual([3, numbers])
})

test('leaves out what nobody waits for when its turn comes', async () => {
  const lane = new Lane(1)
  const [first, left, last] = [work(), work(), work()]
  let isWanted = true
  const answers = Promise.all([lane.run(first.run), lane.run(left.run, () => isWanted), lane.run(last.run)])
  isWanted = false
  first.end('first')
  last.end('last')
  expect(await answers).toEqual(['first', undefined, 'last'])
  expect(left.isStarted()).toBe(false)
})

test('goes on after work that failed', async () => {
  const lane = new Lane(1)
  const failing = lane.run(() => Promise.reject(new Error('no')))
  const next = lane.run(() => Promise.resolve('next'))
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('next')
})
