import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActView, Failure } from '../../../../shared/model/views.ts'
import { IS_DECISION } from '../act-kinds.ts'
import type { Database } from '../database.ts'
import { prepared } from './prepared.ts'

/** An action has a handful of acts, a chain at most a stop and a few re-runs. */
const MAX_ACTS = 5000

interface ActRow {
  seq: number
  subjectId: string
  at: number
  by: string
  kind: string
  reason: string
  before: string
  after: string
}

const ACTS = `SELECT t.seq, t.subject_id AS subjectId, t.at, t.by, t.kind, t.reason, t.before, t.after
  FROM action AS a CROSS JOIN act AS t ON t.subject_id = a.id
  WHERE a.chain_id = :id AND t.${IS_DECISION}
  UNION ALL
  SELECT t.seq, t.subject_id, t.at, t.by, t.kind, t.reason, t.before, t.after FROM act AS t
  WHERE t.subject_id = :id AND t.${IS_DECISION}
  LIMIT ${MAX_ACTS}`

/** What was decided about a chain and its actions, by the id of what it is about, each list the earliest first. */
export function actsOfChain(db: Database, chainId: string): Map<string, ActView[]> {
  const rows = prepared<object, ActRow>(db, ACTS)
    .all({ id: chainId })
    .toSorted((a, b) => a.seq - b.seq)
  const acts = Map.groupBy(rows, ({ subjectId }) => subjectId)
  return new Map([...acts].map(([id, all]) => [id, all.map(actView)]))
}

function actView({ at, by, kind, reason, before, after }: ActRow): ActView {
  const [was, is] = [JSON.parse(before) as JsonValue, JSON.parse(after) as JsonValue]
  return { at, by, kind, reason, changes: changesOf(kind, was, is), cause: causeOf(was) }
}

/** What an approval changed in the arguments, or what differed when it turned out stale. */
function changesOf(kind: string, before: JsonValue, after: JsonValue): ActView['changes'] {
  if (kind === 'approval.stale')
    return (after as { what: string; before: string; after: string }[]).map(({ what, ...values }) => ({
      key: what,
      ...values,
    }))
  if (kind !== 'approval.approve' || !isObject(before) || !isObject(after)) return []
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => ({ key, before: before[key] ?? null, after: after[key] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
}

/** Why an outcome was unknown before the analyst told it. */
function causeOf(before: JsonValue): ActView['cause'] {
  if (!isObject(before) || !isObject(before['error'] ?? null)) return null
  const { code, message } = before['error'] as unknown as Failure // as `decisions.ts` writes it
  return { code, message }
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
