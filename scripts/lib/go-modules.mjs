import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './project.mjs'

const SOURCE = join(ROOT, 'electron', 'engine', 'policy', 'toolchain', 'go')
const FORMAT = '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}'

/**
 * The Go modules whose packages are linked into the tool chain, read from Go's module cache.
 * @returns `{path, version, folder}` by path, with Go's own library first; undefined where Go or the cache is missing
 */
export function goModules() {
  const go = (args, env = {}) =>
    execFileSync('go', args, { cwd: SOURCE, encoding: 'utf8', env: { ...process.env, GOFLAGS: '-mod=mod', ...env } })
  try {
    const list = go(['list', '-deps', '-f', FORMAT, '.'], { GOOS: 'wasip1', GOARCH: 'wasm' })
    const modules = [...new Set(list.split('\n').filter(Boolean))].sort().map((line) => {
      const [path, version, folder] = line.split('\t')
      return { path, version, folder }
    })
    const [version, root] = go(['env', 'GOVERSION', 'GOROOT']).trim().split('\n')
    return [{ path: 'Go standard library', version, folder: root }, ...modules]
  } catch {
    return undefined
  }
}
