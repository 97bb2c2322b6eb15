import { describe, expect, it } from 'vitest'
import { demandedIds, idsOf, passedInPlaywright, passedInVitest } from './requirements.mjs'

describe('requirements', () => {
  it('reads ids from titles, alone, in a list and nested', () => {
    expect(idsOf('receiver [S12] refuses [S13, B7] a page')).toEqual(['S12', 'S13', 'B7'])
    expect(idsOf('array[S] [X1] S12 [s1]')).toEqual([])
  })

  it('demands every bad-input row and the covered rows only', () => {
    const markdown = [
      '| id | input | answer |',
      '|---|---|---|',
      '| B1 | `{` | 400 |',
      '| `B2` | text covered by nothing | 400 |',
      '| S1 | checklist | covered |',
      '| S8 | deep links | there are none |',
      'S9 in prose is no row',
    ].join('\n')
    expect(demandedIds(markdown)).toEqual(['B1', 'B2', 'S1'])
  })

  it('takes only what ran and passed', () => {
    const vitest = {
      testResults: [
        {
          assertionResults: [
            { status: 'passed', fullName: 'a [S1]' },
            { status: 'skipped', fullName: 'b [S2]' },
            { status: 'failed', fullName: 'c [S3]' },
          ],
        },
      ],
    }
    expect(passedInVitest(vitest)).toEqual(['a [S1]'])
    const spec = (title, status, result) => ({ title, tests: [{ status, results: [{ status: result }] }] })
    const playwright = {
      suites: [
        {
          title: 'desk.spec.ts',
          specs: [spec('skipped [S4]', 'skipped', 'skipped')],
          suites: [{ title: '[S3] csp', specs: [spec('eval', 'expected', 'passed')] }],
        },
      ],
    }
    expect(passedInPlaywright(playwright)).toEqual([' desk.spec.ts [S3] csp eval'])
  })
})
