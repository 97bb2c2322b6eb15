import { expect, test } from 'vitest'
import { alikeKeys, type Asker } from './alike.ts'

const asker = (change: Partial<Asker>): Asker => ({
  uses: 'http.fetch',
  policyVersionId: 'v1',
  file: 'action/main.rego',
  row: 3,
  chainId: 'c1',
  roundNo: 0,
  ...change,
})
const UNKNOWN = { file: null, row: null }

/** Which of them are alike, as letters. */
function kinds(changes: Partial<Asker>[]): string {
  const keys = alikeKeys(changes.map(asker))
  const known = [...new Set(keys)]
  return keys.map((key) => 'abcdef'[known.indexOf(key)]).join('')
}

test('one rule, one uses and one version make actions alike, whatever alert they are for', () => {
  expect(kinds([{}, { chainId: 'c2' }, { roundNo: 4 }])).toBe('aaa')
  expect(kinds([{}, { uses: 'slack.post' }, { row: 9 }, { file: 'action/x.rego' }, { policyVersionId: 'v2' }])).toBe(
    'abcde',
  )
})

test('the rule that a round is known for counts for its others', () => {
  expect(kinds([{}, UNKNOWN, UNKNOWN])).toBe('aaa')
  expect(kinds([{}, { ...UNKNOWN, chainId: 'c2' }])).toBe('ab')
  expect(kinds([{}, { ...UNKNOWN, roundNo: 1 }])).toBe('ab')
  expect(kinds([{}, { ...UNKNOWN, uses: 'slack.post' }])).toBe('ab')
})

test('of two possible rules none is guessed', () => {
  expect(kinds([{}, { row: 9 }, UNKNOWN, UNKNOWN])).toBe('abcc')
})
