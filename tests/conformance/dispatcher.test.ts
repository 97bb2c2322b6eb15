import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { changedDecisions } from './decision-lines.ts'
import { runThroughDispatcher } from './dispatcher.ts'
import { loadOpaCases } from './opa-cases.ts'
import { remainderReason } from './opa-remainder.ts'
import { reportTable, withTable } from './opa-report.ts'

it("the dispatcher answers at least 99 % of OPA's own cases as OPA does", { timeout: 300_000 }, async () => {
  const cases = loadOpaCases()
  const report = await runThroughDispatcher(cases)
  const expected = cases.map(({ note }) => note).filter((note) => remainderReason(note) !== undefined)
  expect(report.failed.filter(({ note }) => remainderReason(note) === undefined)).toEqual([])
  expect(report.failed.map(({ note }) => note).toSorted()).toEqual(expected.toSorted())
  expect(report.passed / cases.length).toBeGreaterThanOrEqual(0.99)
  expect(report.by.wasm).toBeGreaterThan(cases.length * 0.6)
  expect(changedDecisions(report.decisions, ['opa'])).toEqual([])

  // What the author's guide says is what was found.
  const guide = readFileSync(new URL('../../docs/POLICIES.md', import.meta.url), 'utf8')
  expect(withTable(guide, 'committed', reportTable(report))).toBe(guide)
})
