import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MUTATIONS } from './list.ts'
import { ROOT } from './root.ts'

it('each fault has a name of its own', () => {
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length)
})

it.each(MUTATIONS)('can still be made, and its test is there: $name', ({ file, from, to, test, title }) => {
  const places = readFileSync(join(ROOT, file), 'utf8').split(from).length - 1
  expect([file, places]).toEqual([file, 1])
  expect(from).not.toBe(to)
  expect(existsSync(join(ROOT, test))).toBe(true)
  if (title !== undefined) expect(readFileSync(join(ROOT, test), 'utf8')).toContain(title)
})
