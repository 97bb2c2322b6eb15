import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Put in by the build (`electron.vite.config.ts`); from the sources there is none. */
declare const TOCSIN_EVALUATOR_BUILD: string | undefined

/** Both evaluators as a policy thread runs them; all that they import is reached from here. */
const ROOT_FILE = 'electron/engine/policy/thread-evaluator.ts'
/** Names the tool chain's module by its hash; the thread is handed the module. */
const TOOLCHAIN_FILE = 'electron/engine/policy/toolchain/policytools.json'
const LOCK_FILE = 'package-lock.json'

const IMPORT = /^(?:import|export)\s(?!type\s)[^'"]*?['"]([^'"]+)['"]/gm

interface Lock {
  packages: Record<string, { integrity?: string; dependencies?: Record<string, string> }>
}

let known: string | undefined

/**
 * The build of what evaluates policies: SHA-256 over the sources of our built-ins and evaluators, the packages that they use
 * (opa-wasm among them), and the tool chain's module. A change to one built-in changes it; a policy does not.
 */
export function evaluatorBuild(): string {
  known ??=
    typeof TOCSIN_EVALUATOR_BUILD === 'string'
      ? TOCSIN_EVALUATOR_BUILD
      : hashEvaluator(resolve(import.meta.dirname, '../../..'))
  return known
}

/**
 * Computes it from the sources.
 * @param root the repository
 * @param read a file's text, by its path from the root
 */
export function hashEvaluator(root: string, read = (path: string) => readFileSync(join(root, path), 'utf8')): string {
  const { files, packages } = reachable(read)
  const hash = createHash('sha256')
  for (const path of [...files, TOOLCHAIN_FILE].sort()) hash.update(`${path}\0${read(path)}\0`)
  const lock = JSON.parse(read(LOCK_FILE)) as Lock
  for (const name of withDependencies(lock, packages)) hash.update(`${name}\0${integrityOf(lock, name)}\0`)
  return hash.digest('hex')
}

/** The files that the evaluators consist of, and the packages that those import. */
function reachable(read: (path: string) => string): { files: Set<string>; packages: Set<string> } {
  const files = new Set([ROOT_FILE])
  const packages = new Set<string>()
  for (const file of files) {
    if (!file.endsWith('.ts')) continue
    for (const [, name = ''] of read(file).matchAll(IMPORT)) {
      if (name.startsWith('.'))
        files.add(
          relative('.', join(dirname(file), name))
            .split(sep)
            .join('/'),
        )
      else if (!name.startsWith('node:')) packages.add(name)
    }
  }
  return { files, packages }
}

function withDependencies(lock: Lock, names: ReadonlySet<string>): string[] {
  const all = new Set(names)
  for (const name of all)
    for (const dependency of Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {})) all.add(dependency)
  return [...all].sort()
}

/** Of the package, and of copies of it that others bring along. */
function integrityOf({ packages }: Lock, name: string): string {
  const copies = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
  return copies.map(([path, { integrity = '' }]) => `${path} ${integrity}`).join('\n')
}
