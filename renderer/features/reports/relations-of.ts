import type { EntityView, ReportDetail } from '../../../shared/model/report.ts'

/** A graph with more is no picture any more. */
export const MOST_NODES = 60

/** An alert, an entity, or who found something about one. Texts are somebody else's. */
export interface RelationNode {
  id: string
  kind: 'alert' | 'entity' | 'finding'
  /** What it stands for: an alert's id, an entity's hash (of a finding: what it is about) */
  subject: string
  label: string
  /** What kind of entity, for its icon */
  type: string
}

export interface RelationEdge {
  id: string
  from: string
  to: string
  /** `names`, `found`, `brought up` */
  verb: 'names' | 'found' | 'brought up'
}

export interface RelationGraph {
  nodes: RelationNode[]
  edges: RelationEdge[]
  /** Nodes that are left out of the picture */
  leftOut: number
}

/**
 * What belongs together in a report: alerts name entities, inspectors found something about entities, findings brought up
 * further entities.
 * @param most nodes; those of alerts and entities come first, what was found about them after
 */
export function relationsOf(detail: Pick<ReportDetail, 'alerts' | 'entities'>, most = MOST_NODES): RelationGraph {
  const { alerts, entities } = detail
  const direct = entities.filter((entity) => entity.depth === 0)
  const further = entities.filter((entity) => entity.depth > 0)
  const alertNodes = alerts.map<RelationNode>(({ id, title }) => ({
    id: `alert ${id}`,
    kind: 'alert',
    subject: id,
    label: title,
    type: '',
  }))
  // Alerts of one cause are alike: they never push out what they name.
  const all = [
    ...alertNodes.slice(0, Math.floor(most / 3)),
    ...direct.map(entityNode),
    ...further.map(entityNode),
    ...alertNodes.slice(Math.floor(most / 3)),
    ...entities.flatMap(findingNodes),
  ]
  const nodes = all.slice(0, most)
  const known = new Set(nodes.map(({ id }) => id))
  const edges = edgesOf(alerts, entities, known).filter(({ from, to }) => known.has(from) && known.has(to))
  return { nodes, edges, leftOut: all.length - nodes.length }
}

function entityNode({ hash, value, type, key }: EntityView): RelationNode {
  return { id: `entity ${hash}`, kind: 'entity', subject: hash, label: value, type: `${type} ${key}` }
}

function authorsOf(entity: EntityView): string[] {
  return [...new Set(entity.findings.map(({ author }) => author))]
}

function findingId(hash: string, author: string): string {
  return `finding ${hash} ${author}`
}

function findingNodes(entity: EntityView): RelationNode[] {
  return authorsOf(entity).map((author) => ({
    id: findingId(entity.hash, author),
    kind: 'finding',
    subject: entity.hash,
    label: author,
    type: '',
  }))
}

function edge(from: string, to: string, verb: RelationEdge['verb']): RelationEdge {
  return { id: `${from} → ${to}`, from, to, verb }
}

function edgesOf(
  alerts: ReportDetail['alerts'],
  entities: readonly EntityView[],
  known: ReadonlySet<string>,
): RelationEdge[] {
  const listed = new Set(alerts.map(({ id }) => id))
  return entities.flatMap((entity) => {
    const { hash, alertIds, parentHash, broughtUpBy } = entity
    const mine = `entity ${hash}`
    const named = alertIds.filter((id) => listed.has(id)).map((id) => edge(`alert ${id}`, mine, 'names'))
    const found = authorsOf(entity).map((author) => edge(mine, findingId(hash, author), 'found'))
    return [...named, ...broughtUp(parentHash, broughtUpBy, mine, known), ...found]
  })
}

/** From the finding that brought it up, or from what that is about where the finding itself is not in the picture. */
function broughtUp(
  parentHash: string | null,
  author: string | null,
  to: string,
  known: ReadonlySet<string>,
): RelationEdge[] {
  if (parentHash === null) return []
  const finding = author === null ? '' : findingId(parentHash, author)
  return [edge(known.has(finding) ? finding : `entity ${parentHash}`, to, 'brought up')]
}

/** One sentence of the relations: `who` says what of whom. */
export interface RelationLine {
  hash: string
  /** The entity that it is about */
  value: string
  type: string
  namedBy: string[]
  broughtUpBy: string | null
  foundBy: string[]
}

/** The same as a list: for each entity who named it, what brought it up and who found something about it. */
export function relationLines({ alerts, entities }: Pick<ReportDetail, 'alerts' | 'entities'>): RelationLine[] {
  const titles = new Map(alerts.map(({ id, title }) => [id, title]))
  return entities.map((entity) => ({
    hash: entity.hash,
    value: entity.value,
    type: `${entity.type} ${entity.key}`,
    namedBy: entity.alertIds.flatMap((id) => titles.get(id) ?? []),
    broughtUpBy: entity.broughtUpBy,
    foundBy: authorsOf(entity),
  }))
}
