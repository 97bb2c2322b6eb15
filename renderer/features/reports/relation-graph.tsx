import '@xyflow/react/dist/base.css'
import {
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react'
import { TriangleAlert } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { visibleText } from '../../../shared/visible-text.ts'
import { KIND_ICONS } from '../../components/chip.tsx'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'
import { useWidth } from '../../lib/width.ts'
import { chooseEntity } from './chosen-entity.ts'
import { type Layout, layoutOf, nextInDirection } from './relation-layout.ts'
import type { RelationGraph, RelationNode } from './relations-of.ts'

/** Smaller than this nobody reads a label. */
const MIN_ZOOM = 0.8
const MARGIN_PX = 4
/** Above and below. */
const BORDER_PX = 2
const MAX_HEIGHT_PX = { small: 240, large: 440 } as const

interface NodeData extends Record<string, unknown> {
  node: RelationNode
  isLarge: boolean
  /** The one that Tab goes to */
  isCurrent: boolean
  onGoTo: () => void
}

const NODE_TYPES = { relation: RelationNodeView }

/** The relations as a picture: Tab goes into it, arrow keys go from node to node, Enter to what a node stands for. */
export function RelationGraphView({ graph, isLarge }: { graph: RelationGraph; isLarge: boolean }): ReactNode {
  const size = isLarge ? 'large' : 'small'
  const [frame, width] = useWidth()
  const layout = useMemo(() => layoutOf(graph, size), [graph, size])
  const fit = fitted(layout, width)
  const height = Math.min(MAX_HEIGHT_PX[size], layout.height * fit.zoom + 2 * MARGIN_PX + BORDER_PX)
  return (
    <div ref={frame} className="relation-graph">
      <div className="canvas" style={{ height }}>
        {width > 0 && <Flow key={`${size} ${width}`} graph={graph} layout={layout} viewport={fit} isLarge={isLarge} />}
      </div>
    </div>
  )
}

/** As large as it fits, but never too small to read: what does not fit is moved to. */
function fitted({ width }: Layout, room: number): { x: number; y: number; zoom: number } {
  const zoom = Math.max(MIN_ZOOM, Math.min(1, (room - 2 * MARGIN_PX) / Math.max(1, width)))
  return { x: Math.max(MARGIN_PX, (room - width * zoom) / 2), y: MARGIN_PX, zoom }
}

interface FlowProps {
  graph: RelationGraph
  layout: Layout
  viewport: { x: number; y: number; zoom: number }
  isLarge: boolean
}

function Flow({ graph, layout: { placed }, viewport, isLarge }: FlowProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const flow = useRef<ReactFlowInstance<Node<NodeData>> | null>(null)
  const [at, setAt] = useState<string | null>(null)
  const current = placed.some(({ node }) => node.id === at) ? at : (placed[0]?.node.id ?? null)
  const nodes = placed.map<Node<NodeData>>(({ node, x, y, width, height }) => ({
    id: node.id,
    type: 'relation',
    position: { x, y },
    width,
    height,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    data: { node, isLarge, isCurrent: node.id === current, onGoTo: () => setAt(node.id) },
  }))
  const edges = graph.edges.map<Edge>(({ id, from, to, verb }) => ({
    id,
    source: from,
    target: to,
    className: verb === 'brought up' ? 'further' : '',
    domAttributes: { 'aria-hidden': true },
  }))
  const onKeyDown = (event: KeyboardEvent) => {
    const next = current === null ? null : nextInDirection(placed, current, event.key)
    if (!event.key.startsWith('Arrow')) return
    event.preventDefault()
    if (next === null) return
    setAt(next)
    const button = box.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)
    button?.focus({ preventScroll: true })
    if (button && box.current && !isInside(button, box.current)) {
      const zoom = flow.current?.getZoom() ?? 1
      void flow.current?.fitView({ nodes: [{ id: next }], minZoom: zoom, maxZoom: zoom })
    }
  }
  return (
    <div ref={box} className="flow">
      <ReactFlow
        aria-label="Relations as a graph"
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        defaultViewport={viewport}
        minZoom={MIN_ZOOM}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        // Its link would lead out of the desk; the section names it.
        proOptions={{ hideAttribution: true }}
        onInit={(instance) => (flow.current = instance)}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}

function isInside(inner: Element, outer: Element): boolean {
  const [a, b] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()]
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom
}

function RelationNodeView({ data: { node, isLarge, isCurrent, onGoTo } }: NodeProps<Node<NodeData>>): ReactNode {
  const { id, kind, label, type } = node
  const observable = observableKind(label, type)
  const text = kind === 'entity' ? defang(label, observable) : defangText(label)
  const go = () => {
    onGoTo()
    goTo(node)
  }
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        data-node={id}
        className={`gnode nopan of-${kind}`}
        tabIndex={isCurrent ? 0 : -1}
        aria-label={`${NAMES[kind]} ${visibleText(text, 120)}`}
        title={visibleText(text, 300)}
        onFocus={onGoTo}
        onClick={go}
      >
        {isLarge && kind === 'alert' && <Icon of={TriangleAlert} size={12} />}
        {isLarge && kind === 'entity' && <Icon of={KIND_ICONS[observable]} size={12} />}
        <span className="ell">
          <Text value={text} max={80} keepsEnd={isLarge && kind !== 'finding'} />
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  )
}

const NAMES = { alert: 'Alert', entity: 'Entity', finding: 'Found by' } as const satisfies Record<
  RelationNode['kind'],
  string
>

/** Entities and findings are on the entity's card, alerts in their list. */
function goTo({ kind, subject }: RelationNode): void {
  if (kind !== 'alert') return chooseEntity(subject)
  const alert = document.getElementById(`ralert-${subject}`)
  alert?.scrollIntoView({ block: 'nearest' })
  alert?.focus({ preventScroll: true })
}
