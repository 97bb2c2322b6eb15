import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ACTION_NAMES } from './action-names.ts'

/** Of each action's definition. */
const USES = /^ +uses: '([a-z]+(?:\.[a-z_]+)?)',$/gm
const ALIASES = /^ +aliases: \[(.*)\],$/m

it('holds every name and alias of the registry’s actions', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname, exclude: ['**/*.test.ts', 'action-names.ts'] })
  const names: Record<string, string> = {}
  for (const file of files) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    for (const [, uses = ''] of source.matchAll(USES)) {
      const aliases = ALIASES.exec(source)?.[1] ?? ''
      for (const name of [uses, ...Array.from(aliases.matchAll(/'([^']+)'/g), ([, alias = '']) => alias)])
        names[name] = uses
    }
  }
  expect(names).toEqual(ACTION_NAMES)
})
