import { productPackages } from './product-packages.mjs'
import { npm } from './run.mjs'

/**
 * Asks the registry for known vulnerabilities of the packages that reach the user (tools of development are not held
 * against the product). Where the registry does not answer, nothing is checked, and that is said.
 */
export async function checkAudit() {
  const { output } = await npm('npm audit', ['audit', '--json'], { timeoutMs: 60_000 })
  const report = parse(output)
  if (report?.vulnerabilities === undefined) {
    return { ok: true, summary: '', skip: 'the package registry does not answer questions about vulnerabilities' }
  }
  const shipped = new Set(productPackages().map(({ name }) => name))
  const bad = Object.values(report.vulnerabilities).filter(({ name }) => shipped.has(name))
  const output_ = bad.map(({ name, severity, range }) => `${severity}: ${name} ${range}`).join('\n')
  return { ok: bad.length === 0, output: output_, summary: `${shipped.size} packages` }
}

function parse(output) {
  try {
    return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1))
  } catch {
    return undefined
  }
}
