// Collects the licences of everything that reaches the user into THIRD-PARTY-LICENCES.txt: npm packages (bundled or
// shipped beside) and the Go modules in the policy tool chain. `--check` compares the npm part with the committed file.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { goModules } from './lib/go-modules.mjs'
import { ROOT } from './lib/project.mjs'
import { productPackages } from './lib/product-packages.mjs'

const FILE = join(ROOT, 'THIRD-PARTY-LICENCES.txt')
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i
const GO_HEADING = '# Go modules in the policy tool chain'
const RULE = '='.repeat(80)

/** Licences under which a package may be shipped with an Apache-2.0 program. Another one is a decision for a person. */
const ACCEPTED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'MPL-2.0',
  // Fonts, under their own name.
  'OFL-1.1',
])

/** @returns the texts of a folder's licence and notice files, joined */
function licenceText(folder) {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map((entry) => entry.name)
    .sort()
  return names.map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r', '').trim()).join('\n\n')
}

/** Packages with one text stand together under it. @param parts `{title, text}` in the order of the list */
function section(parts) {
  const byText = new Map()
  for (const { title, text } of parts) {
    const key = createHash('sha256').update(text).digest('hex')
    const group = byText.get(key) ?? { titles: [], text }
    group.titles.push(title)
    byText.set(key, group)
  }
  return [...byText.values()].map(({ titles, text }) => `${RULE}\n${titles.join('\n')}\n\n${text}\n`).join('\n')
}

function npmPart(packages) {
  const parts = packages.map(({ name, version, licence, folder }) => ({
    title: `${name} ${version} (${licence})`,
    text: licenceText(folder) || `Licence: ${licence} (the package holds no licence file)`,
  }))
  return `Tocsin is licensed under Apache-2.0 (LICENSE). It contains the following.\n\n# npm packages\n\n${section(parts)}`
}

function unaccepted(packages) {
  return packages.filter(({ licence }) => !licence.split(/ OR | AND |[()]/).some((name) => ACCEPTED.has(name.trim())))
}

function goPartOf(text) {
  const at = text.indexOf(GO_HEADING)
  return at === -1 ? undefined : text.slice(at)
}

function main() {
  const packages = productPackages()
  const bad = unaccepted(packages)
  for (const { name, version, licence } of bad)
    console.log(`${name} ${version}: licence ${licence} is not accepted yet`)
  const committed = existsSync(FILE) ? readFileSync(FILE, 'utf8') : ''
  const npm = npmPart(packages)
  if (process.argv.includes('--check')) {
    const isSame = committed.startsWith(`${npm}\n${GO_HEADING}`)
    if (!isSame) console.log('THIRD-PARTY-LICENCES.txt is out of date: run "npm run licences" and commit it.')
    process.exitCode = isSame && bad.length === 0 ? 0 : 1
  } else {
    const modules = goModules()
    const go = modules === undefined ? goPartOf(committed) : `${GO_HEADING}\n\n${section(modules.map(goEntry))}`
    if (go === undefined)
      throw new Error('The Go modules are not on this machine: run "npm run build:toolchain" first.')
    if (modules === undefined) console.log('Go is not installed: the part of the Go modules stays as it was.')
    writeFileSync(FILE, `${npm}\n${go}`)
  }
  console.log(`${packages.length} npm packages`)
}

function goEntry({ path, version, folder }) {
  return { title: `${path} ${version}`, text: licenceText(folder) || 'See the module.' }
}

main()
