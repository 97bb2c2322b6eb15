import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { evaluatorBuild, hashEvaluator } from './evaluator-build.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const real = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The hash were one file another one. */
function hashWith(changed: string, change: (text: string) => string): string {
  return hashEvaluator(ROOT, (path) => (path === changed ? change(real(path)) : real(path)))
}

const POLICY = 'electron/engine/policy'
const append = (text: string): string => `${text}\n`

test.each([
  `${POLICY}/builtins/units.ts`,
  `${POLICY}/builtins/uuid.ts`,
  `${POLICY}/wasm-instance.ts`,
  `${POLICY}/canonical-order.ts`,
  `${POLICY}/event-text.ts`,
  `${POLICY}/toolchain/full-evaluator.ts`,
  `${POLICY}/toolchain/policytools.json`,
])('a change to %s is another build', (file) => {
  expect(hashWith(file, append)).not.toBe(evaluatorBuild())
})

test.each(['@open-policy-agent/opa-wasm', 're2js', 'yaml'])('another release of %s is another build', (name) => {
  const change = (text: string): string => {
    const lock = JSON.parse(text) as { packages: Record<string, { integrity?: string }> }
    const path = Object.keys(lock.packages).find((candidate) => candidate.endsWith(`node_modules/${name}`)) ?? ''
    lock.packages[path] = { ...lock.packages[path], integrity: 'sha512-another' }
    return JSON.stringify(lock)
  }
  expect(hashWith('package-lock.json', change)).not.toBe(evaluatorBuild())
})

test('what evaluates nothing is no part of it', () => {
  for (const file of [
    `${POLICY}/workspace.ts`,
    'electron/engine/store/store.ts',
    `${POLICY}/builtins/builtins.test.ts`,
  ])
    expect(hashWith(file, append)).toBe(evaluatorBuild())
  expect(evaluatorBuild()).toMatch(/^[0-9a-f]{64}$/)
})
