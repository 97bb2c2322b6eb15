import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { changedNothing, changedSince, stateDifferences } from './prior-state.ts'

describe('what a result says of the state before', () => {
  it.each<[JsonValue, boolean]>([
    [{ changed: false, before: { a: 1 } }, true],
    [{ changed: true, before: { a: 1 } }, false],
    // Absence is no "no".
    [{ before: { a: 1 } }, false],
    [{ changed: false }, false],
    [{ changed: 'false', before: {} }, false],
    [null, false],
    [[], false],
    ['changed', false],
  ])('%j changed nothing: %s', (result, expected) => {
    expect(changedNothing(result)).toBe(expected)
  })

  it.each<[JsonObject, JsonObject, string[]]>([
    [{ a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, []],
    [{ status: 'SUSPENDED' }, { status: 'ACTIVE' }, ['status: was left SUSPENDED, is ACTIVE']],
    [
      { groups: ['sg-1'] },
      { groups: ['sg-2'], tag: 'x' },
      ['groups: was left sg-1, is sg-2', 'tag: was left none, is x'],
    ],
    [
      { groups: { a: ['sg-1'], b: ['sg-2'] } },
      { groups: { a: ['sg-1'], b: ['sg-3'], c: [] } },
      ['groups b: was left sg-2, is sg-3', 'groups c: was left none, is []'],
    ],
    [{ groups: { a: 1 } }, { groups: [1] }, ['groups: was left a: 1, is 1']],
    [{ at: null }, {}, []],
    // Somebody's request that failed has changed nothing.
    [{ status: 'so', request_id: '1' }, { status: 'so', request_id: '2', request_status: 'Failed' }, []],
  ])('%j and %j differ in %j', (left, present, expected) => {
    expect(stateDifferences(left, present)).toEqual(expected)
    expect(changedSince({ changed: true, before: {}, after: left }, { bound: { state: present } })).toEqual(expected)
  })

  it('compares nothing where one side says nothing', () => {
    expect(changedSince({ changed: true, before: {} }, { bound: { state: { a: 1 } } })).toEqual([])
    expect(changedSince({ changed: true, before: {}, after: { a: 1 } }, { bound: null })).toEqual([])
  })
})
