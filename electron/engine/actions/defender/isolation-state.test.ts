import { describe, expect, it } from 'vitest'
import { isolationStanding, isolationState, type IsolationVerb, type MachineAction } from './isolation-state.ts'

const action = (second: number, type: string, status: string, scope: string | null = null): MachineAction => ({
  id: `a-${second}`,
  type,
  status,
  scope,
  machineId: 'm',
  creationDateTimeUtc: `2026-01-02T00:00:${String(second).padStart(2, '0')}.1234567Z`,
})

const full = (verb: IsolationVerb) => ({ verb, isolation: verb === 'Isolate' ? 'Full' : '' })

describe('the isolation of a machine', () => {
  it.each([
    [[], 'not isolated', null],
    [[action(1, 'Isolate', 'Succeeded', 'Full')], 'isolated', null],
    [[action(1, 'Isolate', 'Succeeded', 'Full'), action(2, 'Unisolate', 'Succeeded')], 'not isolated', null],
    // In any order.
    [[action(2, 'Unisolate', 'Succeeded'), action(1, 'Isolate', 'Succeeded', 'Full')], 'not isolated', null],
    [[action(1, 'Isolate', 'Succeeded'), action(2, 'Unisolate', 'Failed')], 'isolated', null],
    [[action(1, 'Isolate', 'Succeeded'), action(2, 'Unisolate', 'Pending')], 'isolated', 'Unisolate'],
    [[action(1, 'Isolate', 'InProgress')], 'not isolated', 'Isolate'],
    [[action(1, 'Isolate', 'Cancelled')], 'not isolated', null],
    [[action(1, 'Isolate', 'Succeeded'), action(2, 'RunAntiVirusScan', 'Pending')], 'isolated', null],
  ])('%j is %s (%s)', (actions, status, underWay) => {
    expect(isolationState(actions)).toMatchObject({ status, under_way: underWay })
  })

  it('tells actions of the same millisecond apart', () => {
    const older = { ...action(1, 'Isolate', 'Succeeded', 'Full'), creationDateTimeUtc: '2026-01-02T00:00:01.1234567Z' }
    const newer = { ...action(2, 'Unisolate', 'Succeeded'), creationDateTimeUtc: '2026-01-02T00:00:01.1234568Z' }
    expect(isolationState([older, newer])).toMatchObject({ status: 'not isolated' })
  })

  const nothing = isolationState([])
  const isolated = isolationState([action(1, 'Isolate', 'Succeeded', 'Full')])

  it.each([
    ['Isolate', [], 'open'],
    ['Isolate', [action(1, 'Isolate', 'Pending')], 'coming'],
    ['Isolate', [action(1, 'Isolate', 'Succeeded', 'Full')], 'so'],
    ['Isolate', [action(1, 'Isolate', 'Succeeded', 'Selective')], 'barred'],
    ['Isolate', [action(1, 'Isolate', 'Succeeded'), action(2, 'Unisolate', 'InProgress')], 'barred'],
    ['Unisolate', [], 'so'],
    ['Unisolate', [action(1, 'Isolate', 'Succeeded')], 'open'],
    ['Unisolate', [action(1, 'Isolate', 'Pending')], 'barred'],
    ['Unisolate', [action(1, 'Isolate', 'Succeeded'), action(2, 'Unisolate', 'Pending')], 'coming'],
    // A new action of an unknown status says nothing of the machine.
    ['Isolate', [action(1, 'Isolate', 'Paused')], 'open'],
  ] as const)('%s of %j is %s', (verb, actions, is) => {
    expect(isolationStanding(isolationState(actions), full(verb), null)).toMatchObject({ is })
  })

  it.each(['Failed', 'TimeOut', 'Cancelled'])('was given up by Defender as %s, after our request only', (status) => {
    const after = isolationState([action(1, 'Isolate', status, 'Full')])
    const why = expect.stringContaining(status) as string
    expect(isolationStanding(after, full('Isolate'), nothing)).toEqual({ is: 'failed', why })
    // It was there before: what we asked for does not show yet.
    expect(isolationStanding(after, full('Isolate'), after)).toEqual({ is: 'open' })
    const release = isolationState([action(1, 'Isolate', 'Succeeded', 'Full'), action(2, 'Unisolate', status)])
    expect(isolationStanding(release, full('Unisolate'), isolated)).toMatchObject({ is: 'failed', why })
    expect(isolationStanding(release, full('Isolate'), nothing)).toEqual({ is: 'so' })
  })
})
