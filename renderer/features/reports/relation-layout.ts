import { Graph, layout } from '@dagrejs/dagre'
import type { RelationGraph, RelationNode } from './relations-of.ts'

const NODE_HEIGHT = 24
/** Labels are cut to fit; who found something is named by a word. */
const WIDTHS = {
  small: { alert: 112, entity: 112, finding: 76, gap: 24 },
  large: { alert: 168, entity: 168, finding: 120, gap: 56 },
} as const

export interface Placed {
  node: RelationNode
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  placed: Placed[]
  width: number
  height: number
}

/** Places the nodes from left to right: alerts, what they name, who found something, what that brought up. */
export function layoutOf({ nodes, edges }: RelationGraph, size: keyof typeof WIDTHS): Layout {
  const widths = WIDTHS[size]
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 8, ranksep: widths.gap })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, kind } of nodes) graph.setNode(id, { width: widths[kind], height: NODE_HEIGHT })
  for (const { from, to } of edges) graph.setEdge(from, to)
  layout(graph)
  const placed = nodes.map<Placed>((node) => {
    const { x = 0, y = 0 } = graph.node(node.id) as { x?: number; y?: number }
    const width = widths[node.kind]
    return { node, x: x - width / 2, y: y - NODE_HEIGHT / 2, width, height: NODE_HEIGHT }
  })
  return {
    placed,
    width: Math.max(0, ...placed.map(({ x, width }) => x + width)),
    height: Math.max(0, ...placed.map(({ y, height }) => y + height)),
  }
}

/** The node that lies next in the direction of an arrow key; what lies aside of the straight line counts twice. */
export function nextInDirection(all: readonly Placed[], fromId: string, key: string): string | null {
  const from = all.find(({ node }) => node.id === fromId)
  if (!from) return null
  let best: { id: string; cost: number } | null = null
  for (const { node, x, y } of all) {
    const [dx, dy] = [x - from.x, y - from.y]
    const ahead = { ArrowRight: dx, ArrowLeft: -dx, ArrowDown: dy, ArrowUp: -dy }[key] ?? 0
    if (ahead <= 0) continue
    const aside = Math.abs(key === 'ArrowRight' || key === 'ArrowLeft' ? dy : dx)
    const cost = ahead + 2 * aside
    if (best === null || cost < best.cost) best = { id: node.id, cost }
  }
  return best?.id ?? null
}
