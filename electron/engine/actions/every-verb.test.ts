import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ACTION_NAMES } from './action-names.ts'
import { readDeclarations } from './own/read-declarations.ts'
import { actionEntry, builtInActions, type ActionEntry } from './action-list.ts'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const files = (...patterns: string[]): string[] => globSync(patterns, { cwd: ROOT }).toSorted()

const DOCS = read('docs/ACTIONS.md')

/** Which look at every action by their own list: no proof that one was run. */
const LISTS = /\/(docs|every-verb|action-names)\.test\.ts$/
const TESTS = files('electron/**/*.test.ts', 'tests/**/*.test.ts')
  .filter((path) => !LISTS.test(path))
  .map(read)
  .join('\n')

/** Named as an action would be, and none: a built-in of Rego, and who sends an event of EventBridge. */
const NO_ACTIONS = new Set(['http.send', 'aws.guardduty'])

const entries = builtInActions().map(actionEntry)
const names = new Set(entries.flatMap(({ uses, aliases }) => [uses, ...aliases]))

/** Own actions that ship as examples. */
const EXAMPLES = 'policies/examples/own-actions/'
const declared = readDeclarations(
  files(`${EXAMPLES}actions/*`).map((path) => ({ path: path.slice(EXAMPLES.length), source: read(path) })),
)
const known = new Set([...names, ...declared.map(({ name }) => name)])

/** What an action lacks, each as `<uses>: <what>`. */
function lacks(entry: ActionEntry): string[] {
  const { uses, effect, idempotent, schema, undo } = entry
  const properties = (schema as { properties?: Record<string, { description?: string }> }).properties ?? {} // JSON Schema
  const told = Object.entries(properties).filter(([, { description = '' }]) => description !== '')
  const needs: [string, boolean][] = [
    ['its effect begins with none of observe, notify, contain', /^(observe|notify|contain)\b/.test(effect)],
    ['no argument schema with a type object', (schema as { type?: string }).type === 'object'],
    ...Object.keys(properties).map((arg): [string, boolean] => [
      `the argument ${arg} has no description`,
      told.some(([name]) => name === arg),
    ]),
    ['neither probe, nor idempotent, nor noProbe with the reason', isSettledAfterCrash(entry, idempotent)],
    ['contains, and has neither undo nor noUndo with the reason', effect !== 'contain' || isUndoSaid(entry)],
    [`its undo ${undo?.uses} does not exist`, undo === null || names.has(undo.uses)],
    ['not in ACTION_NAMES', ACTION_NAMES[uses] === uses],
    ['no row in the table of docs/ACTIONS.md', DOCS.includes(`\n| \`${uses}\``)],
    ['no section in docs/ACTIONS.md', DOCS.includes(`\n## \`${uses}\`\n`)],
    ['no test names it', TESTS.includes(`'${uses}'`)],
  ]
  return needs.filter(([, isThere]) => !isThere).map(([what]) => `${uses}: ${what}`)
}

function isSettledAfterCrash({ probe, no_probe: why }: ActionEntry, idempotent: string): boolean {
  return probe || idempotent === 'yes' || (why ?? '') !== ''
}

function isUndoSaid({ undo, no_undo: why }: ActionEntry): boolean {
  return undo !== null || (why ?? '') !== ''
}

/** Actions that a file names: what stands under `uses` and, in docs, names in backticks that begin like an action's. */
function namedIn(path: string): string[] {
  const text = read(path)
  const used = Array.from(text.matchAll(/"?\buses"?\s*(?::|==|:=|!=)\s*["'`]([^"'`]+)["'`]/g), ([, name = '']) => name)
  const families = new Set([...names].filter((name) => name.includes('.')).map((name) => name.split('.')[0] ?? ''))
  const quoted = Array.from(text.matchAll(/`([a-z]+)\.([a-z][a-z_]*)`/g))
    .map(([, family = '', verb = '']) => ({ family, name: `${family}.${verb}` }))
    .filter(({ family, name }) => families.has(family) && !NO_ACTIONS.has(name))
    .map(({ name }) => name)
  // In Rego backticks are quotes of any text.
  return path.endsWith('.md') ? [...used, ...quoted] : used
}

describe('every verb is reachable', () => {
  it('each action has schema, effect, probe, undo, docs and a test, or says why not', () => {
    expect(entries.flatMap(lacks)).toEqual([])
  })

  it('each name and alias belongs to one action', () => {
    const all = entries.flatMap(({ uses, aliases }) => [uses, ...aliases])
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([])
    expect([...names].toSorted()).toEqual(Object.keys(ACTION_NAMES).toSorted())
  })

  it('each action that docs, starter policies and examples name exists', () => {
    const paths = files(
      'README.md',
      'docs/**/*.md',
      'policies/**/*.{rego,md,jsonnet}',
      'template/**/*.{rego,md,jsonnet}',
    )
    const found = paths.flatMap((path) => namedIn(path).map((name) => ({ path, name })))
    expect(found.length).toBeGreaterThan(20)
    expect(found.filter(({ name }) => !known.has(name)).map(({ path, name }) => `${path}: ${name}`)).toEqual([])
  })

  it('tells each thing that is missing by name', () => {
    const [entry] = entries.filter(({ uses }) => uses === 'file.quarantine')
    if (!entry) throw new Error('file.quarantine is gone')
    const bare = {
      ...entry,
      uses: 'none.such',
      effect: 'contain',
      probe: false,
      undo: null,
      schema: { type: 'object' },
    }
    expect(lacks(bare)).toEqual([
      'none.such: neither probe, nor idempotent, nor noProbe with the reason',
      'none.such: contains, and has neither undo nor noUndo with the reason',
      'none.such: not in ACTION_NAMES',
      'none.such: no row in the table of docs/ACTIONS.md',
      'none.such: no section in docs/ACTIONS.md',
      'none.such: no test names it',
    ])
  })
})
