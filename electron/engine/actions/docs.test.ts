import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ENGINE = join(import.meta.dirname, '..')
/** What is wrong with a declaration is said of the policy folder, as of a policy. */
const NO_ACTION = 'actions/own/read-declarations.ts'
const DOCS = readFileSync(join(ENGINE, '../../docs/ACTIONS.md'), 'utf8')

describe('docs/ACTIONS.md', () => {
  it('names every error code that actions and the way out have', () => {
    const files = globSync(['actions/**/*.ts', 'http/**/*.ts'], { cwd: ENGINE, exclude: ['**/*.test.ts', NO_ACTION] })
    const sources = files.map((file) => readFileSync(join(ENGINE, file), 'utf8')).join('\n')
    const codes = [...sources.matchAll(/(?:Error|Failure|Outcome)\(\s*'([a-z_]+)'|, '(net_[a-z_]+)', '/g)]
    const names = new Set(codes.map(([, first, second]) => first ?? second ?? ''))
    expect(names.size).toBeGreaterThan(30)
    expect([...names].filter((name) => !DOCS.includes(`\`${name}\``))).toEqual([])
  })
})
