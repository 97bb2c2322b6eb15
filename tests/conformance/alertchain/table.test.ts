import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'ALERTCHAIN.md'), 'utf8')

interface Row {
  /** What AlertChain has. */
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

const tables = cellsOf(DOCUMENT)

const rows: Row[] = tables
  .filter((cells) => cells.length === 3 && cells[2] !== 'shown by')
  .map(([what = '', verdict = '', shown = '']) => ({
    what,
    verdict,
    shownBy: shown === '' ? [] : shown.split('; ').map(reference),
  }))

function reference(text: string): { key: string; title: string } {
  const [, key = '', title = ''] = /^`([\w-]+)` (.+)$/.exec(text) ?? []
  return { key, title }
}

const files = new Map(
  tables
    .filter((cells) => cells.length === 2 && cells[0] !== 'key')
    .map(([key = '', file = '']) => [key.replaceAll('`', ''), file]),
)

/** A call of `it`, `test`, `describe` or of what their `each`, `skipIf` gave, up to its title. */
const TITLE = /(?:\b(?:it|test|describe)(?:\.\w+)*\(|\)\()\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs

function titlesOf(file: string): string[] {
  const path = join(ROOT, file)
  if (!existsSync(path)) return []
  return [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title.replaceAll('\\', ''))
}

const titles = new Map([...files].map(([key, file]) => [key, titlesOf(file)]))

// These take their titles from what was recorded.
const recorded = ['engine.json', 'engine-init-run-exit.json'].flatMap(
  (name) => JSON.parse(readFileSync(join(ROOT, 'tests/fixtures/golden', name), 'utf8')) as { name: string }[],
)
titles.set(
  'golden',
  recorded.map(({ name }) => name),
)

/** What the inventory of AlertChain's behaviour names, and what nobody may look for in vain. */
const NAMED = [
  ['serve', 'run', 'play', 'new', 'enhance ignore', 'version'],
  [
    'LOG_LEVEL',
    'LOG_FORMAT',
    'LOG_OUTPUT',
    'POLICY_DIR',
    'ENABLE_PRINT',
    'DB_TYPE',
    'SENTRY_DSN',
    'SENTRY_ENV',
    'ADDR',
  ],
  ['GRAPHQL', 'PLAYGROUND', 'DISABLE_ACTION', 'INPUT', 'SCHEMA', 'SCENARIO', 'DIR'].map((name) => `ALERTCHAIN_${name}`),
  ['/health', '/alert/raw/{schema}', '/alert/pubsub/{schema}', '/graphql', '/graphiql'],
  ['github.create_issue', 'github.create_comment', 'jira.create_issue', 'jira.add_comment', 'jira.add_attachment'],
  ['opsgenie.create_alert', 'chatgpt.query', 'slack.post', 'http.fetch', 'otx.indicator'],
  ['bigquery.insert_alert', 'bigquery.insert_data', 'data.json', 'result.json'],
].flat()

describe('docs/ALERTCHAIN.md', () => {
  it('has rows, and gives each a verdict with its reason', () => {
    expect(rows.length).toBeGreaterThan(150)
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
    expect([...files].filter(([key, file]) => !used.has(key) || !existsSync(join(ROOT, file)))).toEqual([])
    expect([...files.keys()]).toEqual([...files.keys()].toSorted())
  })

  it.each(NAMED)('has a row about %s', (name) => {
    expect(rows.some(({ what }) => what.includes(name))).toBe(true)
  })
})
