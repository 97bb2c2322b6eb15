import { expect, test } from 'vitest'
import { action } from '../../../tests/fakes/desk-data.ts'
import type { ActionState } from '../../../shared/model/states.ts'
import { type Entry, folded } from './alike.ts'

function many(count: number, alike: string, state: ActionState = 'waiting') {
  return Array.from({ length: count }, (_, no) => action(`${alike}${no}`, { alike, state }))
}

function shape(entries: Entry[]): (string | number)[] {
  return entries.map((entry) => ('action' in entry ? entry.action.id : entry.alike.length))
}

test('shows three of a kind and folds the rest of it, in the place of the fourth', () => {
  const actions = [...many(2, 'x'), ...many(100, 'a'), ...many(2, 'y')]
  expect(shape(folded(actions))).toEqual(['x0', 'x1', 'a0', 'a1', 'a2', 97, 'y0', 'y1'])
})

test('keeps kinds and states apart, and their actions in their order', () => {
  const mixed = many(6, 'a').flatMap((each, no) => [each, many(6, 'b')[no]!, many(6, 'c', 'succeeded')[no]!])
  const entries = folded(mixed)
  expect(shape(entries).filter((each) => typeof each === 'number')).toEqual([3, 3, 3])
  const rest = entries.flatMap((entry) => ('alike' in entry ? [entry.alike.map(({ id }) => id)] : []))
  expect(rest).toEqual([
    ['a3', 'a4', 'a5'],
    ['b3', 'b4', 'b5'],
    ['c3', 'c4', 'c5'],
  ])
})

test('folds neither a handful nor what needs a look', () => {
  expect(shape(folded(many(5, 'a')))).toHaveLength(5)
  const lengths = (['failed', 'unknown', 'running'] as const).map((state) => folded(many(40, 'a', state)).length)
  expect(lengths).toEqual([40, 40, 40])
})
