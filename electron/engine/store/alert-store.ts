import type { Alert, Attribute, Reference } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Severity } from '../../../shared/model/states.ts'
import { readableText } from '../forms/readable-text.ts'
import type { Database, Statement } from './database.ts'
import type { EventStore } from './event-store.ts'
import { alertFacts } from './public-alert.ts'
import { INSERT_NORMAL, normalRows } from './normal-value.ts'
import type { Tx } from './writer.ts'

/** An alert as it is stored: what the policy said, and what it came from. */
export interface AlertRecord extends Alert {
  /** What reports group by: who found it, by which of its rules, about what; '' where the policy does not say. */
  detector: string
  ruleId: string
  alertKey: string
  eventId: string
  /** Where it stood in the policy's result. */
  position: number
  policyVersionId: string
  /** The decision (kind `alert`) that made it. */
  decisionId: string
}

export interface StoredAlert extends AlertRecord {
  seq: number
}

interface AlertRow {
  seq: number
  id: string
  eventId: string
  position: number
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
  detector: string
  ruleId: string
  alertKey: string
  policyVersionId: string
  decisionId: string
  attrs: string
}

interface AttributeRow {
  id: string
  key: string
  value: string
  type: string
  persist: number
  ttl: number
}

const COLUMNS = `seq, id, event_id AS eventId, position, schema, created_at AS createdAt, title, description, source,
  namespace, severity, refs, tags, dedup_key AS dedupKey, detector, rule_id AS ruleId, alert_key AS alertKey,
  policy_version_id AS policyVersionId,
  decision_id AS decisionId, attrs`

/** Alerts: facts that never change. */
export class AlertStore {
  readonly #events: EventStore
  readonly #onInsert: () => void
  readonly #insert: Statement
  readonly #insertNormal: Statement
  readonly #byId: Statement<[string], AlertRow>
  readonly #byEvent: Statement<[string], AlertRow>

  /** @param onInsert told of every new alert, inside its transaction */
  constructor(db: Database, events: EventStore, onInsert: () => void) {
    this.#events = events
    this.#onInsert = onInsert
    this.#insert = db.prepare(
      `INSERT INTO alert (id, event_id, position, schema, created_at, title, description, source, namespace, severity,
         refs, tags, dedup_key, detector, rule_id, alert_key, policy_version_id, decision_id, attrs)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertNormal = db.prepare(INSERT_NORMAL)
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM alert WHERE id = ?`)
    this.#byEvent = db.prepare(`SELECT ${COLUMNS} FROM alert WHERE event_id = +? ORDER BY position`)
  }

  /** Stores the alert with its attributes. */
  insert(tx: Tx, alert: AlertRecord): StoredAlert {
    const { lastInsertRowid } = this.#insert.run(
      alert.id,
      alert.eventId,
      alert.position,
      alert.schema,
      alert.createdAt,
      alert.title,
      alert.description,
      alert.source,
      alert.namespace,
      alert.severity,
      JSON.stringify(alert.refs),
      JSON.stringify(alert.tags),
      alert.dedupKey,
      alert.detector,
      alert.ruleId,
      alert.alertKey,
      alert.policyVersionId,
      alert.decisionId,
      JSON.stringify(alert.attrs),
    )
    const seq = Number(lastInsertRowid)
    for (const row of normalRows({ kind: 'alert', id: alert.id }, '', alert.attrs)) this.#insertNormal.run(...row)
    this.#onInsert()
    return { ...alert, seq }
  }

  get(id: string): StoredAlert | null {
    const row = this.#byId.get(id)
    return row === undefined ? null : this.#toAlert(row)
  }

  /** The alerts that the policy made of an event, in its order. */
  byEvent(eventId: string): StoredAlert[] {
    return this.#byEvent.all(eventId).map((row) => this.#toAlert(row))
  }

  /** The `<alert>` forms of an event, rebuilt from the rows; `data` is null where the body was deleted by age. */
  publicForms(eventId: string): JsonObject[] {
    const body = this.#events.body(eventId)
    const data = body === null ? null : (JSON.parse(readableText(body).text) as JsonValue)
    return this.byEvent(eventId).map((alert) => ({ ...alertFacts(alert), data }))
  }

  #toAlert(row: AlertRow): StoredAlert {
    return {
      ...row,
      refs: JSON.parse(row.refs) as Reference[],
      tags: JSON.parse(row.tags) as string[],
      attrs: JSON.parse(row.attrs) as Attribute[], // as `insert` wrote them
    }
  }
}

/** A row of table `attribute` as the model has it. */
export function toAttribute(row: AttributeRow): Attribute {
  return { ...row, value: JSON.parse(row.value) as JsonValue, persist: row.persist === 1 }
}
