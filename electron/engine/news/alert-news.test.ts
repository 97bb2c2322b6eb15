import { expect, test } from 'vitest'
import { FakeClock } from '../../../tests/fakes/ports.ts'
import { AlertNews } from './alert-news.ts'
import { Bus } from './bus.ts'

test('the first alert is said at once, those of the next second in one sentence', () => {
  const clock = new FakeClock()
  const bus = new Bus(clock)
  const said: unknown[] = []
  bus.on((_topic, payload) => said.push(payload))
  const news = new AlertNews(bus, clock)
  const alert = (id: string) => ({ id, title: `Title ${id}` })

  news.add([alert('a'), alert('b')])
  news.add([alert('c')])
  news.add([alert('d'), alert('e')])
  expect(said).toEqual([{ kind: 'alert', text: 'New alert: Title a and 1 more', alertId: 'a', actionId: null }])
  clock.advance(1000)
  expect(said).toHaveLength(2)
  expect(said[1]).toMatchObject({ text: 'New alert: Title c and 2 more', alertId: 'c' })
  clock.advance(1000)
  expect(said).toHaveLength(2)
  news.add([alert('f')])
  expect(said[2]).toMatchObject({ text: 'New alert: Title f' })
})
