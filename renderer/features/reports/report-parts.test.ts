import { describe, expect, test } from 'vitest'
import { finding, reportDetail, reportRow, reviewsOf } from '../../../tests/fakes/desk-report-data.ts'
import { contentParts } from './content-parts.ts'
import { laidOver } from './report-store.ts'
import { overriddenReview, pendingWords, signOf, standingReview } from './report-words.ts'
import { timelineLines } from './timeline-lines.ts'

describe('what a report shows as its state', () => {
  test.each([
    [{ severity: null, isInReview: true, openInspections: 0 }, 'in review'],
    [{ severity: null, isInReview: false, openInspections: 2 }, 'in review'],
    [{ severity: null, isInReview: false, openInspections: 0 }, 'not graded'],
    // A published grade is never lost, whatever comes after.
    [{ severity: 'urgent' as const, isInReview: true, openInspections: 2 }, 'urgent'],
    [{ severity: 'safe' as const, isInReview: false, openInspections: 0 }, 'safe'],
  ])('%j is %s', (row, word) => expect(signOf(row).word).toBe(word))

  test('what a graded one still waits for is said', () => {
    expect(pendingWords({ isInReview: true, openInspections: 1 })).toBe('1 inspection open')
    expect(pendingWords({ isInReview: true, openInspections: 0 })).toBe('a review is due')
    expect(pendingWords({ isInReview: false, openInspections: 0 })).toBe('')
  })

  test('the grade stands on the last review of who has the last word, and the policy’s is kept beside it', () => {
    const row = reportRow(0, 1, 1000, { gradedBy: 'analyst', severity: 'safe' })
    const [analyst] = reviewsOf(row)
    const [policy] = reviewsOf({ ...row, gradedBy: 'policy', severity: 'urgent' })
    if (!analyst || !policy) throw new Error('no reviews')
    const detail = reportDetail(row, [policy, analyst])
    expect(standingReview(detail)).toBe(analyst)
    expect(overriddenReview(detail)).toBe(policy)
    expect(overriddenReview({ ...detail, gradedBy: 'policy' })).toBeUndefined()
  })
})

describe('the parts of a finding', () => {
  test('DeepAlert’s host is facts and tables; a column that is empty everywhere is left out', () => {
    const content = {
      country: ['DE', 'US'],
      related_domains: [{ name: 'a.example' }, { name: 'b.example', source: 'DNS' }],
      related_malware: [
        {
          sha256: 'ab',
          scans: [{ vendor: 'ClamAV', name: 'EICAR', positive: true }, { vendor: 'Other' }],
        },
      ],
      activities: [],
      unheard_of: 'dropped',
    }
    expect(contentParts(finding('x', '', { type: 'host', content }))).toEqual({
      facts: [{ name: 'country', values: ['DE', 'US'] }],
      tables: [
        { name: 'Related malware', columns: ['SHA256', 'scans'], rows: [['ab', '1 of 2: ClamAV EICAR']] },
        {
          name: 'Related domains',
          columns: ['domain', 'source'],
          rows: [
            ['a.example', ''],
            ['b.example', 'DNS'],
          ],
        },
      ],
    })
  })

  test('a binary’s software is a list of names', () => {
    const content = { software: ['setup.exe'], os: ['Windows'] }
    expect(contentParts(finding('x', '', { type: 'binary', content }))?.facts).toEqual([
      { name: 'system', values: ['Windows'] },
      { name: 'software', values: ['setup.exe'] },
    ])
  })

  test('what is in none of the forms is left to the tree', () => {
    expect(contentParts(finding('x', '', { type: 'result', content: { country: ['DE'] } }))).toBeNull()
    expect(contentParts(finding('x', '', { type: 'host', content: { country: 'DE' } }))).toBeNull()
    expect(contentParts(finding('x', '', { type: 'user', content: null }))).toBeNull()
  })
})

test('the timeline has every kind of moment, the newest first', () => {
  const row = reportRow(0, 1, Date.now())
  const lines = timelineLines(reportDetail(row, reviewsOf(row)))
  expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(['alert', 'finding', 'review', 'emission']))
  expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((one, other) => other - one))
  expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length)
})

test('fresh rows are laid over those on the screen in their places, and another order is told', () => {
  const [one, two, three] = [reportRow(1, 1, 1), reportRow(2, 2, 2), reportRow(3, 3, 3)]
  const newer = { ...two, alertCount: 99 }
  expect(laidOver(undefined, [one, two])).toEqual({ rows: [one, two], isShifted: false })
  expect(laidOver([one, two], [one, newer])).toEqual({ rows: [one, newer], isShifted: false })
  expect(laidOver([one, two], [newer, one])).toEqual({ rows: [one, newer], isShifted: true })
  expect(laidOver([one, two], [two, three])).toEqual({ rows: [one, two], isShifted: true })
})
