import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Prose } from './actions-doc.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** @returns what people wrote about actions, by file name without `.md` */
export function readProse(): Prose {
  const folder = join(ROOT, 'docs/actions')
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'))
  return Object.fromEntries(files.map((name) => [basename(name, '.md'), readFileSync(join(folder, name), 'utf8')]))
}
