import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './project.mjs'

const IMPORT = /(?:from|import|url)\s*\(?\s*['"]([^'"]+)['"]/g
const SOURCE = /\.(?:ts|tsx|css)$/
const TEST = /\.test\.tsx?$/

/**
 * The packages that reach the user: those that the product's sources import, and all that these depend on in turn.
 * Most are devDependencies, because they are bundled.
 * @returns sorted by path: `{name, version, folder, licence}`
 */
export function productPackages() {
  const found = new Map()
  const visit = (name, from) => {
    const folder = resolvePackage(name, from)
    if (folder === undefined || found.has(folder)) return
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    found.set(folder, { name, version: manifest.version, folder, licence: licenceName(manifest) })
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, folder)
  }
  // Electron is shipped as a whole, not imported into the bundle.
  const roots = ['electron', ...importedPackages()].filter((name) => !name.startsWith('@types/'))
  for (const name of roots) {
    if (name === 'electron') found.set(join(ROOT, 'node_modules/electron'), electronItself())
    else visit(name, ROOT)
  }
  return [...found.values()].sort((a, b) => compare(`${a.name} ${a.version}`, `${b.name} ${b.version}`))
}

/** Its npm dependencies only download it and are not shipped. */
function electronItself() {
  const folder = join(ROOT, 'node_modules', 'electron')
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { name: 'electron', version, folder, licence: license }
}

function importedPackages() {
  const names = new Set()
  for (const file of ['electron', 'renderer', 'shared'].flatMap((folder) => sourceFiles(join(ROOT, folder)))) {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (/^[.#/]|^node:/.test(specifier)) continue
      names.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  return names
}

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name) && !TEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Node's own search: the nearest node_modules upwards that has the package. */
function resolvePackage(name, from) {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
  }
  return undefined
}

function licenceName({ license, licenses }) {
  if (typeof license === 'string') return license
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'unknown'
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b)
}
