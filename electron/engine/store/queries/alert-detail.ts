import { TocsinError } from '../../../../shared/errors.ts'
import type { Attribute, Occurrence, Reference } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ChainState, Severity } from '../../../../shared/model/states.ts'
import type { AlertDetail } from '../../../../shared/model/views.ts'
import { toAttribute } from '../alert-store.ts'
import type { Database } from '../database.ts'
import { triageOf } from '../triage-store.ts'
import { prepared } from './prepared.ts'

const MAX_ATTRIBUTES = 1000
const MAX_CHAINS = 100
const MAX_ACTIONS = 2000

interface Row {
  seq: number
  id: string
  schema: string
  createdAt: number
  title: string
  description: string
  source: string
  namespace: string
  severity: Severity
  refs: string
  tags: string
  dedupKey: string
  eventId: string
  policyVersionId: string
  policyNumber: number
  receivedAt: number
  size: number
  sha256: string
  deletedAt: number | null
  route: string
  remote: string
  rowId: number
  newestId: string
  occurrences: number
  firstSeenAt: number
  decisionId: string
}

interface ChainRow {
  id: string
  runNo: number
  state: ChainState
  trigger: string
  attrs: string
}

interface CommitterRow {
  label: string
  commits: string
}

type OccurrenceRow = Omit<Occurrence, 'waiting'> & { waiting: number }

type ShownAttribute = AlertDetail['attrs'][number]

const ALERT = `SELECT a.seq, a.id, a.schema, a.created_at AS createdAt, a.title, a.description, a.source, a.namespace,
    a.severity, a.refs, a.tags, a.dedup_key AS dedupKey, a.event_id AS eventId,
    a.policy_version_id AS policyVersionId, v.number AS policyNumber, e.received_at AS receivedAt,
    e.body_size AS size, e.body_sha256 AS sha256, e.body_deleted_at AS deletedAt, e.route, e.remote,
    r.id AS rowId, n.id AS newestId, r.occurrences, r.first_at AS firstSeenAt, a.decision_id AS decisionId
  FROM alert AS a
  JOIN event AS e ON e.id = a.event_id
  JOIN policy_version AS v ON v.id = a.policy_version_id
  JOIN inbox_row AS r ON r.dedup_key = a.dedup_key
  JOIN alert AS n ON n.seq = r.last_seq
  WHERE a.id = :id`

const PRINTS = 'SELECT prints FROM decision WHERE id = :id'

const OCCURRENCES = `SELECT a.id, a.created_at AS createdAt, a.severity, l.triage, l.verdict, l.waiting
  FROM alert AS a CROSS JOIN alert_list AS l ON l.seq = a.seq
  WHERE a.dedup_key = (SELECT dedup_key FROM alert WHERE id = :id) ORDER BY a.seq DESC LIMIT :limit OFFSET :offset`

const OCCURRENCE_COUNT = `SELECT r.occurrences AS total FROM alert AS a JOIN inbox_row AS r ON r.dedup_key = a.dedup_key
  WHERE a.id = :id`

const ATTRIBUTES = `SELECT id, key, value, type, persist, ttl FROM attribute WHERE alert_seq = :seq
  ORDER BY position LIMIT ${MAX_ATTRIBUTES}`

const RULES = `SELECT r.id FROM rule_of AS o JOIN rule AS r ON r.no = o.rule_no
  WHERE o.subject_kind = 'alert' AND o.subject_seq = :seq ORDER BY r.id`

const TRIAGE = `SELECT after, at FROM act WHERE subject_id = :id AND kind = 'alert.triage' ORDER BY seq DESC LIMIT 1`

const CHAINS = `SELECT id, run_no AS runNo, state, trigger, attrs FROM chain
  WHERE subject_kind = 'alert' AND subject_id = :id ORDER BY run_no DESC LIMIT ${MAX_CHAINS}`

const COMMITTERS = `SELECT CASE WHEN has_own_id THEN policy_id ELSE uses END AS label, resolved_commits AS commits
  FROM action WHERE chain_id = :chainId AND resolved_commits <> '[]' ORDER BY round_no, position LIMIT ${MAX_ACTIONS}`

/**
 * Everything about one alert. `why` is null here: the policy explains, not the store.
 * @throws TocsinError `alert_missing`
 */
export function alertDetail(db: Database, { id }: { id: string }): AlertDetail {
  const row = prepared<object, Row>(db, ALERT).get({ id })
  if (row === undefined) throw new TocsinError('alert_missing', 'This alert does not exist: reload the list.')
  const printed = prepared<object, { prints: string }>(db, PRINTS).get({ id: row.decisionId })
  const attrs = prepared<object, Parameters<typeof toAttribute>[0]>(db, ATTRIBUTES)
    .all({ seq: row.seq })
    .map(toAttribute)
  const chains = prepared<object, ChainRow>(db, CHAINS).all({ id })
  const { schema, createdAt, title, description, source, namespace, severity, dedupKey } = row
  return {
    alert: {
      id,
      schema,
      createdAt,
      title,
      description,
      source,
      namespace,
      severity,
      attrs,
      refs: JSON.parse(row.refs) as Reference[],
      tags: JSON.parse(row.tags) as string[],
      dedupKey,
    },
    triage: triageOf(prepared<object, { after: string; at: number }>(db, TRIAGE).get({ id })),
    eventId: row.eventId,
    event: {
      receivedAt: row.receivedAt,
      size: row.size,
      sha256: row.sha256,
      deletedAt: row.deletedAt,
      route: row.route,
      remote: row.remote,
    },
    policyNumber: row.policyNumber,
    policyVersionId: row.policyVersionId,
    why: null,
    rules: prepared<object, { id: string }>(db, RULES)
      .all({ seq: row.seq })
      .map(({ id: rule }) => rule),
    rowId: row.rowId,
    newestId: row.newestId,
    occurrences: row.occurrences,
    firstSeenAt: row.firstSeenAt,
    prints: JSON.parse(printed?.prints ?? '[]') as string[],
    attrs: shownAttributes(db, attrs, chains[0]),
    chains: chains.map(({ id: chainId, runNo, state, trigger }) => ({ id: chainId, runNo, state, trigger })),
  }
}

/** The alerts of the key that an alert has, newest first. */
export function alertOccurrences(
  db: Database,
  { id, offset, limit }: { id: string; offset: number; limit: number },
): { rows: Occurrence[]; total: number } {
  const rows = prepared<object, OccurrenceRow>(db, OCCURRENCES).all({ id, offset, limit })
  const total = prepared<object, { total: number }>(db, OCCURRENCE_COUNT).get({ id })?.total ?? 0
  return { rows: rows.map((row) => ({ ...row, waiting: row.waiting > 0 })), total }
}

/** The attributes as the latest chain has them, each with the action that added it (null: the alert policy did). */
function shownAttributes(db: Database, own: Attribute[], chain: ChainRow | undefined): ShownAttribute[] {
  if (chain === undefined) return own.map((attribute) => ({ ...attribute, addedBy: null }))
  const committers = prepared<object, CommitterRow>(db, COMMITTERS).all({ chainId: chain.id })
  const addedBy = new Map<string, string>()
  for (const { label, commits } of committers) {
    for (const commit of JSON.parse(commits) as { id: string; key: string; value: JsonValue }[]) {
      addedBy.set(commit.id, label)
      addedBy.set(fingerprint(commit), label)
    }
  }
  const ownIds = new Set(own.map(({ id }) => id))
  return (JSON.parse(chain.attrs) as Attribute[]).map((attribute) => {
    const committer = addedBy.get(attribute.id) ?? addedBy.get(fingerprint(attribute))
    return { ...attribute, addedBy: committer ?? (ownIds.has(attribute.id) ? null : 'kept from earlier') }
  })
}

/** For commits whose id was made when they became attributes. */
function fingerprint(attribute: { key: string; value: JsonValue }): string {
  return JSON.stringify([attribute.key, attribute.value])
}
