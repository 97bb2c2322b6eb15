import { expect, it } from 'vitest'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { targetGroups } from './containment-groups.ts'

/** Only what grouping looks at. */
const row = (no: number, more: Partial<ContainmentRow>) =>
  ({
    attemptId: `attempt-${no}`,
    target: 'jane@example.com',
    targetKey: 'jane@example.com',
    title: 'Suspend jane',
    name: '',
    uses: 'okta.suspend_user',
    alertTitle: 'Odd log-in',
    stage: 'confirmed',
    standing: 'holds',
    ...more,
  }) as ContainmentRow

const ROWS = [
  row(1, {}),
  row(2, { target: 'web-07', targetKey: 'h1', uses: 'crowdstrike.contain_host', standing: 'drifted' }),
  row(3, { uses: 'google.suspend_user', stage: 'accepted', standing: null }),
  row(4, { target: '', targetKey: '' }),
  row(5, { target: '', targetKey: '', standing: 'unreadable' }),
]

const ids = (filter: Parameters<typeof targetGroups>[1]): string[][] =>
  targetGroups(ROWS, filter).map(({ rows }) => rows.map(({ attemptId }) => attemptId.slice(-1)))

it('puts all that is in force on one target together, in the order of the list', () => {
  expect(ids({ text: '', shown: 'all' })).toEqual([['1', '3'], ['2'], ['4'], ['5']])
})

it('shows what changed elsewhere, and what is not confirmed', () => {
  expect(ids({ text: '', shown: 'drifted' })).toEqual([['2']])
  expect(ids({ text: '', shown: 'unconfirmed' })).toEqual([['3'], ['5']])
})

it('finds rows that have every word, wherever it stands', () => {
  expect(ids({ text: ' JANE google ', shown: 'all' })).toEqual([['3']])
  expect(ids({ text: 'okta web-07', shown: 'all' })).toEqual([])
})
