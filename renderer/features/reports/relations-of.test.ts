import { describe, expect, test } from 'vitest'
import { entity, finding } from '../../../tests/fakes/desk-report-data.ts'
import { layoutOf, nextInDirection } from './relation-layout.ts'
import { MOST_NODES, relationLines, relationsOf } from './relations-of.ts'

function alert(id: string, title = 'Port probe') {
  return { id, title, severity: 'high' as const, value: '', createdAt: 1 }
}

const ADDRESS = entity('198.51.100.23', 'ipaddr', [], {
  hash: 'address',
  alertIds: ['a', 'not-listed'],
  findings: [finding('otx', 'one'), finding('otx', 'two'), finding('rdap', 'three')],
})
const DOMAIN = entity('c2.example.com', 'domain', [], {
  hash: 'domain',
  depth: 1,
  parentHash: 'address',
  broughtUpBy: 'otx',
})

describe('relations', () => {
  test('alerts name entities, inspectors found something, a finding brought up more', () => {
    const { nodes, edges, leftOut } = relationsOf({ alerts: [alert('a')], entities: [ADDRESS, DOMAIN] })
    expect(nodes.map(({ id }) => id)).toEqual([
      'alert a',
      'entity address',
      'entity domain',
      'finding address otx',
      'finding address rdap',
    ])
    expect(edges.map(({ from, verb, to }) => [from, verb, to])).toEqual([
      ['alert a', 'names', 'entity address'],
      ['entity address', 'found', 'finding address otx'],
      ['entity address', 'found', 'finding address rdap'],
      ['finding address otx', 'brought up', 'entity domain'],
    ])
    expect(leftOut).toBe(0)
  })

  test('draws at most so many, says how many are left out, and no line leads to one of those', () => {
    const alerts = Array.from({ length: 100 }, (_, no) => alert(`a${no}`))
    const entities = Array.from({ length: 50 }, (_, no) => ({ ...ADDRESS, hash: `h${no}`, alertIds: [`a${no}`] }))
    const { nodes, edges, leftOut } = relationsOf({ alerts, entities })
    expect(nodes).toHaveLength(MOST_NODES)
    expect(leftOut).toBe(100 + 50 + 100 - MOST_NODES)
    expect(nodes.filter(({ kind }) => kind === 'entity').length).toBeGreaterThan(30)
    const known = new Set(nodes.map(({ id }) => id))
    expect(edges.length).toBeGreaterThan(0)
    expect(edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([])
  })

  test('what was brought up hangs on its entity where the finding is not drawn', () => {
    const { edges } = relationsOf({ alerts: [], entities: [ADDRESS, DOMAIN] }, 2)
    expect(edges.map(({ from, to }) => [from, to])).toEqual([['entity address', 'entity domain']])
  })

  test('the list says the same of every entity', () => {
    expect(relationLines({ alerts: [alert('a')], entities: [ADDRESS, DOMAIN] })).toEqual([
      {
        hash: 'address',
        value: '198.51.100.23',
        type: 'ipaddr ipaddr',
        namedBy: ['Port probe'],
        broughtUpBy: null,
        foundBy: ['otx', 'rdap'],
      },
      {
        hash: 'domain',
        value: 'c2.example.com',
        type: 'domain domain',
        namedBy: [],
        broughtUpBy: 'otx',
        foundBy: [],
      },
    ])
  })
})

describe('layout', () => {
  const graph = relationsOf({ alerts: [alert('a'), alert('b')], entities: [{ ...ADDRESS, alertIds: ['a', 'b'] }] })
  const { placed, width, height } = layoutOf(graph, 'small')

  test('goes from left to right, and nothing lies on another', () => {
    const at = new Map(placed.map((each) => [each.node.id, each]))
    expect(at.get('alert a')?.x).toBeLessThan(at.get('entity address')?.x ?? 0)
    expect(at.get('entity address')?.x).toBeLessThan(at.get('finding address otx')?.x ?? 0)
    for (const one of placed)
      for (const other of placed) {
        if (one === other) continue
        const isApart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y
        expect(isApart, `${one.node.id} and ${other.node.id}`).toBe(true)
      }
    expect(width).toBeGreaterThan(0)
    expect(height).toBeGreaterThan(0)
  })

  test('arrow keys go to the nearest node in their direction, and stay where there is none', () => {
    expect(nextInDirection(placed, 'alert a', 'ArrowRight')).toBe('entity address')
    const aside = nextInDirection(placed, 'alert a', 'ArrowDown') ?? nextInDirection(placed, 'alert a', 'ArrowUp')
    expect(aside).not.toBeNull()
    expect(nextInDirection(placed, 'alert a', 'ArrowLeft')).toBeNull()
    expect(nextInDirection(placed, 'alert a', 'x')).toBeNull()
    expect(nextInDirection(placed, 'nobody', 'ArrowRight')).toBeNull()
  })
})
