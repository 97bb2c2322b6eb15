import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { COMMITS } from './commits.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Labels that stand in the product's code. */
const labels = globSync('electron/**/*.ts', { cwd: ROOT })
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\.#?commit(?:Alone)?\(\s*'([a-z-]+)'/g)])
  .map(([, label = '']) => label)

it('[S24] every commit is one at which the process is killed, or says why not', () => {
  expect([...new Set(labels)].toSorted()).toEqual(Object.keys(COMMITS).toSorted())
})

it.each(Object.entries(COMMITS))('[S24] %s is named where it is killed', (label, place) => {
  for (const test of 'tests' in place ? place.tests : []) {
    const text = readFileSync(join(import.meta.dirname, test), 'utf8')
    expect(text.includes(`'${label}:`) || text.includes(`'${label}'`), `${test} does not name ${label}`).toBe(true)
  }
})
