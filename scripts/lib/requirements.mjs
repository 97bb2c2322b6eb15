/**
 * Which requirements were shown by a test, and which have to be.
 *
 * A test shows the ids that stand in brackets in its title or in a title around it: `[S12] refuses …`, `[S12, B7] …`.
 * docs/SECURITY.md demands: every table row whose first cell is `B<n>` (the bad-input table), and every row whose first
 * cell is `S<n>` and that has a cell `covered`. A row `S<n>` without that cell says in words what is missing.
 */

const ID_GROUP = /\[([SB]\d+(?:\s*,\s*[SB]\d+)*)\]/g
const ROW_ID = /^`?([SB]\d+)`?$/

/** @param title a test's full title @returns the ids in it */
export function idsOf(title) {
  return [...title.matchAll(ID_GROUP)].flatMap(([, group]) => group.split(',').map((id) => id.trim()))
}

/** @param markdown docs/SECURITY.md @returns ids demanded, in order of appearance, each once */
export function demandedIds(markdown) {
  const ids = new Set()
  for (const line of markdown.split('\n')) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const id = ROW_ID.exec(cells[0] ?? '')?.[1]
    if (id === undefined) continue
    if (id.startsWith('B') || cells.some((cell) => cell.toLowerCase() === 'covered')) ids.add(id)
  }
  return [...ids]
}

/** @param report vitest's JSON report @returns full titles of the tests that ran and passed */
export function passedInVitest(report) {
  return report.testResults.flatMap((file) =>
    file.assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
  )
}

/** @param report Playwright's JSON report @returns full titles of the tests that ran and passed */
export function passedInPlaywright(report) {
  const visit = (suite, around) => {
    const title = `${around} ${suite.title}`
    const specs = (suite.specs ?? [])
      .filter((spec) => spec.tests.some(hasPassed))
      .map((spec) => `${title} ${spec.title}`)
    return [...specs, ...(suite.suites ?? []).flatMap((inner) => visit(inner, title))]
  }
  return report.suites.flatMap((suite) => visit(suite, ''))
}

/** A skipped test is "ok" to Playwright, but has shown nothing. */
function hasPassed(test) {
  return test.status === 'expected' && test.results.some(({ status }) => status === 'passed')
}
