import { expect, test } from 'vitest'
import type { WaitingRow } from '../../../shared/model/views.ts'
import { type Line, queueLines } from './queue-lines.ts'

const NOW = Date.now()

const ROW: WaitingRow = {
  actionId: '',
  chainId: 'c',
  kind: 'approval',
  label: 'isolate',
  alike: '',
  policyVersionId: 'v',
  name: 'Isolate a host',
  title: 'POST edr.example.com/isolate',
  target: '',
  uses: 'http.fetch',
  effect: 'contain',
  isIrreversible: false,
  alertId: 'a',
  reportId: null,
  alertTitle: 'A worm',
  severity: 'high',
  sentence: '',
  place: 'action/main.rego:3',
  createdAt: NOW,
  expiresAt: NOW + 9 * 3_600_000,
  isStale: false,
}

function many(count: number, alike: string, change: Partial<WaitingRow> = {}): WaitingRow[] {
  return Array.from({ length: count }, (_, no) => ({ ...ROW, alike, actionId: `${alike}${no}`, ...change }))
}

function shape(lines: Line[]): string[] {
  return lines.map((line) => {
    if (line.kind === 'group') return `${line.group} ${line.count}`
    return line.kind === 'row' ? line.row.actionId : `${line.rest.length} more${line.isOpen ? ' open' : ''}`
  })
}

test('three of a kind stand in the queue, the rest is one line that opens', () => {
  const rows = [...many(100, 'a'), ...many(2, 'b')]
  const folded = ['contain 102', 'a0', 'a1', 'a2', '97 more', 'b0', 'b1']
  expect(shape(queueLines(rows, NOW, new Set(), null))).toEqual(folded)
  expect(shape(queueLines(rows, NOW, new Set(['b']), null))).toEqual(folded)
  expect(shape(queueLines(rows, NOW, new Set(['a']), null))).toHaveLength(folded.length + 97)
})

test('neither the chosen decision nor an unknown outcome is folded away', () => {
  expect(shape(queueLines(many(8, 'a'), NOW, new Set(), 'a7'))).toContain('a7')
  expect(shape(queueLines(many(8, 'a'), NOW, new Set(), 'a1'))).toContain('5 more')
  expect(shape(queueLines(many(8, 'a', { kind: 'unknown' }), NOW, new Set(), null))).toHaveLength(9)
})
