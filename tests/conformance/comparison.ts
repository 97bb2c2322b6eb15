import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Row {
  /** What the original has. */
  what: string
  verdict: string
  shownBy: { key: string; title: string }[]
}

/** The cells of every table row; a `|` inside a cell is written `\|`. */
function cellsOf(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[-|]+$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}

function reference(text: string): { key: string; title: string } {
  const [, key = '', title = ''] = /^`([\w-]+)` (.+)$/.exec(text) ?? []
  return { key, title }
}

/** A call of `it`, `test`, `describe` or of what their `each`, `skipIf` gave, up to its title. */
const TITLE = /(?:\b(?:it|test|describe)(?:\.\w+)*\(|\)\()\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs

function titlesOf(file: string): string[] {
  const path = join(ROOT, file)
  if (!existsSync(path)) return []
  return [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title.replaceAll('\\', ''))
}

interface Comparison {
  /** Below `docs/`. */
  file: string
  fewestRows: number
  /** What nobody may look for in vain. */
  named: readonly string[]
  /** Titles of tests that are not in the text of their file, by its key. */
  recorded?: Readonly<Record<string, readonly string[]>>
}

/** The tests of a document that says, thing by thing, what is the same as in another product, and which test shows it. */
export function testComparison({ file, fewestRows, named, recorded = {} }: Comparison): void {
  const tables = cellsOf(readFileSync(join(ROOT, 'docs', file), 'utf8'))
  const rows: Row[] = tables
    .filter((cells) => cells.length === 3 && cells[2] !== 'shown by')
    .map(([what = '', verdict = '', shown = '']) => ({
      what,
      verdict,
      shownBy: shown === '' ? [] : shown.split('; ').map(reference),
    }))
  const files = new Map(
    tables
      .filter((cells) => cells.length === 2 && cells[0] !== 'key')
      .map(([key = '', path = '']) => [key.replaceAll('`', ''), path]),
  )
  const titles = new Map([...files].map(([key, path]) => [key, recorded[key] ?? titlesOf(path)]))

  it('has rows, and gives each a verdict with its reason', () => {
    expect(rows.length).toBeGreaterThan(fewestRows)
    const unclear = rows.filter(({ verdict }) => !/^(same(: .+)?|(different|not offered): .+)$/.test(verdict))
    expect(unclear).toEqual([])
  })

  it('calls nothing same or different that no test shows', () => {
    expect(rows.filter(({ verdict, shownBy }) => shownBy.length === 0 && !verdict.startsWith('not offered'))).toEqual(
      [],
    )
  })

  it('names tests that exist, by file and title', () => {
    const missing = rows.flatMap(({ what, shownBy }) =>
      shownBy
        .filter(({ key, title }) => title === '' || !(titles.get(key) ?? []).some((one) => one.startsWith(title)))
        .map(({ key, title }) => `${what}: ${key || 'no key'}: ${title}`),
    )
    expect(missing).toEqual([])
  })

  it('lists files that exist and are named in a row', () => {
    const used = new Set(rows.flatMap(({ shownBy }) => shownBy.map(({ key }) => key)))
    expect([...files].filter(([key, path]) => !used.has(key) || !existsSync(join(ROOT, path)))).toEqual([])
    expect([...files.keys()]).toEqual([...files.keys()].toSorted())
  })

  it.each(named)('has a row about %s', (name) => {
    expect(rows.some(({ what }) => what.includes(name))).toBe(true)
  })
}
