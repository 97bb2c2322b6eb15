import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { actionEntry, builtInActions, type ActionEntry } from '../../electron/engine/actions/action-list.ts'
import { actionsDoc } from './actions-doc.ts'
import { readProse, ROOT } from './read-prose.ts'

const entries = builtInActions().map(actionEntry)

const CUT: ActionEntry = {
  uses: 'cable.cut',
  aliases: ['cable.sever'],
  origin: 'built in',
  declared_in: null,
  effect: 'contain',
  idempotent: 'no',
  probe: true,
  no_probe: null,
  undo: { uses: 'cable.mend', sentence: 'Mends it.' },
  no_undo: null,
  timeout_s: 120,
  tries: 1,
  secret_args: ['secret_key'],
  locked_args: ['side'],
  schema: {
    type: 'object',
    properties: {
      secret_key: { type: 'string', description: 'Key of <the> box | cellar' },
      side: { type: 'string', enum: ['left', 'right'], description: 'Which end' },
      wires: { type: 'array', items: { type: 'integer' }, description: 'Which of them' },
    },
    required: ['secret_key'],
  },
}
const MEND: ActionEntry = {
  ...CUT,
  uses: 'cable.mend',
  aliases: [],
  undo: null,
  no_undo: 'It is the way back.',
  schema: { type: 'object', properties: {} },
}
const CABLE = 'All of cables.\n\n## `cable.cut`\n\nCuts.\n\nRights: scissors.\n\n## `cable.mend`\n\nMends.\n'

describe('docs/ACTIONS.md', () => {
  it('is what `npm run docs` writes', () => {
    // Else run it, and look at the difference.
    expect(readFileSync(join(ROOT, 'docs/ACTIONS.md'), 'utf8')).toBe(actionsDoc(entries, readProse()))
  })

  it.each(entries.filter(({ effect }) => effect === 'contain').map(({ uses }) => uses))(
    'says which rights %s needs',
    (uses) => {
      const section = actionsDoc(entries, readProse()).split(`\n## \`${uses}\`\n`)[1]?.split('\n## ')[0] ?? ''
      expect(section).toMatch(/\b[Rr]ights\b/)
    },
  )
})

describe('what is written of an action', () => {
  it('is its row, its section with the table behind the first paragraph, and how it is taken back', () => {
    const doc = actionsDoc([CUT, MEND], { about: '# Top\n\n<!-- actions -->', closing: '## End', cable: CABLE })
    expect(doc.split('\n').slice(2)).toEqual([
      '# Top',
      '',
      '| action | effect | idempotent | probe | undo | time-out | tries |',
      '|---|---|---|---|---|---|---|',
      '| `cable.cut` (also `cable.sever`) | contain | no | yes | `cable.mend` | 120 s | 1 |',
      '| `cable.mend` | contain | no | yes | no | 120 s | 1 |',
      '',
      'All of cables.',
      '',
      '## `cable.cut`',
      '',
      'Cuts.',
      '',
      '| argument | type | | |',
      '|---|---|---|---|',
      '| `secret_key` | string | required, secret | Key of \\<the> box \\| cellar |',
      '| `side` | `"left"` `"right"` | not editable | Which end |',
      '| `wires` | array of integers | | Which of them |',
      '',
      'Undo by `cable.mend`: Mends it.',
      '',
      'Rights: scissors.',
      '',
      '## `cable.mend`',
      '',
      'Mends.',
      '',
      'It takes no arguments.',
      '',
      'No undo. It is the way back.',
      '',
      '## End',
      '',
    ])
  })

  it('is refused without a section, and a section without an action', () => {
    expect(() => actionsDoc([CUT, MEND], { cable: '## `cable.cut`\n\nCuts.' })).toThrow(
      'docs/actions/cable.md has no section "## `cable.mend`"',
    )
    expect(() => actionsDoc([CUT], { cable: CABLE })).toThrow('cable.md tells of cable.mend, which is no action')
  })
})
