// Fails when docs/SECURITY.md demands something that no executed and passed test has shown. Reads the reports of the
// test runs before it (`npm test`).
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/project.mjs'
import { demandedIds, idsOf, passedInPlaywright, passedInVitest } from './lib/requirements.mjs'

const REPORTS = [
  ['vitest.json', passedInVitest],
  ['chromium.json', passedInPlaywright],
  ['electron.json', passedInPlaywright],
]

function shownIds() {
  const folder = join(ROOT, '.cache', 'test')
  const titles = REPORTS.flatMap(([name, passed]) => {
    const file = join(folder, name)
    return existsSync(file) ? passed(JSON.parse(readFileSync(file, 'utf8'))) : []
  })
  return new Set(titles.flatMap(idsOf))
}

function securityDocument() {
  const file = join(ROOT, 'docs', 'SECURITY.md')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

const demanded = demandedIds(securityDocument())
const shown = shownIds()
const missing = demanded.filter((id) => !shown.has(id))
for (const id of missing) console.log(`${id}: docs/SECURITY.md demands a test, none with [${id}] ran and passed`)
for (const kind of ['S', 'B']) {
  if (demanded.some((id) => id.startsWith(kind))) continue
  console.log(`docs/SECURITY.md has no rows ${kind}<n>: nothing was checked`)
  process.exitCode = 1
}
if (missing.length > 0) process.exitCode = 1
console.log(`${demanded.length - missing.length} of ${demanded.length} requirements shown by tests`)
