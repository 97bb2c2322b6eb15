import { expect, it } from 'vitest'
import { canonicalObject } from '../../forms/canonical.ts'
import { inspectInput, reviewInput } from './report-input.ts'

const PARTS = { report: '{"id":"r"}', env: { B: '2', A: '1' } }

it('is the report with the environment for a review', () => {
  expect(canonicalObject(reviewInput(PARTS))).toBe('{"env":{"A":"1","B":"2"},"report":{"id":"r"}}')
})

it('has the attribute beside them for an inspection', () => {
  const attribute = { value: 'v', type: 'ipaddr', key: 'k', context: null }
  expect(canonicalObject(inspectInput({ ...PARTS, attribute }))).toBe(
    '{"attribute":{"context":null,"key":"k","type":"ipaddr","value":"v"},"env":{"A":"1","B":"2"},"report":{"id":"r"}}',
  )
})
