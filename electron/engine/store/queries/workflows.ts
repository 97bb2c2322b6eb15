import type { Attribute, Reference } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, ChainState } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { readableText } from '../../forms/readable-text.ts'
import { toAttribute } from '../alert-store.ts'
import type { Database } from '../database.ts'
import { decodeBody } from '../stored-body.ts'
import { prepared } from './prepared.ts'

/** As in the screen's views of an alert and a chain. */
const MAX_ATTRIBUTES = 1000
const MAX_ACTIONS = 2000

/** A run of an alert's chain: AlertChain's workflow. */
export interface WorkflowRow {
  id: string
  alertId: string
  state: ChainState
  error: string | null
  createdAt: number
  finishedAt: number | null
}

export interface WorkflowAlertRow {
  seq: number
  id: string
  eventId: string
  schema: string
  createdAt: number
  title: string
  description: string
  source: string
  namespace: string
  refs: Reference[]
}

/** An action with its latest attempt, if it has one. */
export interface WorkflowActionRow {
  id: string
  /** What the chain is about. */
  subjectId: string
  policyId: string
  roundNo: number
  uses: string
  /** What ran: the analyst may have changed what the policy proposed. */
  args: JsonValue
  state: ActionState
  error: Failure | null
  /** When it was first carried out; null for one that never was. */
  startedAt: number | null
  proposedAt: number
  settledAt: number | null
  /** By the policy's `abort`, or by its exit rule. */
  isAborted: boolean
  /** As they were resolved; `path` has no meaning any more. */
  commits: (Attribute & { path: string })[]
  attemptId: string | null
}

interface ActionColumns extends Omit<WorkflowActionRow, 'args' | 'error' | 'isAborted' | 'commits'> {
  args: string
  error: string | null
  isAborted: number
  commits: string
}

const WORKFLOW = `SELECT c.id, c.subject_id AS alertId, c.state, c.error, c.created_at AS createdAt,
    c.finished_at AS finishedAt
  FROM chain AS c`

/** Newest first; all rows have a `seq` above 0, which makes it a walk along the key from its end. */
const PAGE = `${WORKFLOW} WHERE c.seq > 0 AND c.subject_kind = 'alert' ORDER BY c.seq DESC LIMIT :limit OFFSET :offset`

const BY_ID = `${WORKFLOW} WHERE c.id = :id AND c.subject_kind = 'alert'`

const ATTRS = 'SELECT attrs FROM chain WHERE id = :id'

const ALERT = `SELECT seq, id, event_id AS eventId, schema, created_at AS createdAt, title, description, source, namespace,
    refs
  FROM alert WHERE id = :id`

const ALERT_ATTRIBUTES = `SELECT id, key, value, type, persist, ttl FROM attribute WHERE alert_seq = :seq
  ORDER BY position LIMIT ${MAX_ATTRIBUTES}`

const BODY = `SELECT b.body, b.encoding FROM event AS e JOIN event_body AS b ON b.event_seq = e.seq WHERE e.id = :id`

const ACTIONS = `SELECT a.id, c.subject_id AS subjectId, a.policy_id AS policyId, a.round_no AS roundNo, a.uses, coalesce(t.args, a.args) AS args,
    a.state, a.error, (SELECT min(f.intent_at) FROM attempt AS f WHERE f.action_id = t.action_id) AS startedAt,
    a.proposed_at AS proposedAt, a.settled_at AS settledAt,
    a.abort OR EXISTS (SELECT 1 FROM decision_row AS d, json_each(d.output, '$.exit') AS x
      WHERE d.chain_id = a.chain_id AND d.round_no = a.round_no AND d.action_id = a.id AND d.kind = 'exit'
        AND CASE x.type WHEN 'object' THEN x.value ->> '$.abort' END = 1) AS isAborted,
    a.resolved_commits AS commits, t.id AS attemptId
  FROM action AS a
  JOIN chain AS c ON c.id = a.chain_id
  LEFT JOIN attempt AS t ON t.action_id = coalesce(a.reused_from, a.id)
    AND t.no = (SELECT max(n.no) FROM attempt AS n WHERE n.action_id = coalesce(a.reused_from, a.id))
  WHERE a.chain_id = :id ORDER BY a.round_no, a.position LIMIT ${MAX_ACTIONS}`

const RESULT = 'SELECT result FROM attempt WHERE id = :id'

/** A page of runs, the newest first. */
export function workflowPage(db: Database, page: { offset: number; limit: number }): WorkflowRow[] {
  return prepared<object, WorkflowRow>(db, PAGE).all(page)
}

export function workflowById(db: Database, id: string): WorkflowRow | null {
  return prepared<object, WorkflowRow>(db, BY_ID).get({ id }) ?? null
}

/** The attributes as the run has them now. */
export function workflowAttrs(db: Database, id: string): Attribute[] {
  const row = prepared<object, { attrs: string }>(db, ATTRS).get({ id })
  return JSON.parse(row?.attrs ?? '[]') as Attribute[]
}

/** @returns null where the alert is gone, which no row of a chain is without */
export function workflowAlert(db: Database, id: string): WorkflowAlertRow | null {
  const row = prepared<object, Omit<WorkflowAlertRow, 'refs'> & { refs: string }>(db, ALERT).get({ id })
  return row === undefined ? null : { ...row, refs: JSON.parse(row.refs) as Reference[] }
}

/** The attributes that the alert policy gave. */
export function alertAttributes(db: Database, seq: number): Attribute[] {
  return prepared<object, Parameters<typeof toAttribute>[0]>(db, ALERT_ATTRIBUTES).all({ seq }).map(toAttribute)
}

/** The event as text; null when they were deleted by age. */
export function eventText(db: Database, id: string): string | null {
  const row = prepared<object, { body: Buffer; encoding: 'identity' | 'deflate' }>(db, BODY).get({ id })
  return row === undefined ? null : readableText(decodeBody(row.body, row.encoding)).text
}

/** The actions of a run in the order of rounds. */
export function workflowActions(db: Database, id: string): WorkflowActionRow[] {
  return prepared<object, ActionColumns>(db, ACTIONS)
    .all({ id })
    .map((row) => ({
      ...row,
      args: JSON.parse(row.args) as JsonValue,
      error: row.error === null ? null : (JSON.parse(row.error) as Failure),
      isAborted: row.isAborted === 1,
      commits: JSON.parse(row.commits) as WorkflowActionRow['commits'],
    }))
}

/** The recorded result of an attempt as JSON text; null when it has none or it was deleted by age. */
export function attemptResultText(db: Database, id: string): string | null {
  return prepared<object, { result: string | null }>(db, RESULT).get({ id })?.result ?? null
}
