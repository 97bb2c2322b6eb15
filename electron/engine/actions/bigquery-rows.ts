import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { alertAttributes, alertField, alertReferences, valueText } from './alert-text.ts'

/** A column as BigQuery's REST API describes it (`TableFieldSchema`). */
export interface Column {
  name: string
  type: 'STRING' | 'INTEGER' | 'BOOLEAN' | 'TIMESTAMP' | 'JSON' | 'RECORD'
  mode: 'REQUIRED' | 'REPEATED'
  fields?: Column[]
}

const required = (name: string, type: Column['type']): Column => ({ name, type, mode: 'REQUIRED' })
const repeated = (name: string, fields: Column[]): Column => ({ name, type: 'RECORD', mode: 'REPEATED', fields })

/** The tables that AlertChain makes (`behaviour/alertchain.md` §5): the names of references begin with capitals there. */
export const ALERT_COLUMNS: Column[] = [
  required('id', 'STRING'),
  required('schema', 'STRING'),
  required('created_at', 'TIMESTAMP'),
  required('title', 'STRING'),
  required('description', 'STRING'),
  required('source', 'STRING'),
  required('namespace', 'STRING'),
  repeated('attrs', [
    required('id', 'STRING'),
    required('key', 'STRING'),
    required('value', 'STRING'),
    required('type', 'STRING'),
    required('ttl', 'INTEGER'),
    required('persist', 'BOOLEAN'),
  ]),
  repeated('refs', [required('Title', 'STRING'), required('URL', 'STRING')]),
  required('data', 'JSON'),
]

export const DATA_COLUMNS: Column[] = [
  required('id', 'STRING'),
  required('alert_id', 'STRING'),
  required('created_at', 'TIMESTAMP'),
  { name: 'tags', type: 'STRING', mode: 'REPEATED' },
  required('data', 'JSON'),
]

export function alertRow(alert: JsonObject): JsonObject {
  const text = (name: string): string => alertField(alert, name)
  return {
    id: text('id'),
    schema: text('schema'),
    created_at: text('created_at'),
    title: text('title'),
    description: text('description'),
    source: text('source'),
    namespace: text('namespace'),
    attrs: alertAttributes(alert).map(({ id, key, value, type, ttl, persist }) => ({
      id,
      key,
      value: valueText(value),
      type,
      ttl,
      persist,
    })),
    refs: alertReferences(alert).map(({ title, url }) => ({ Title: title, URL: url })),
    // A column of type JSON takes the text of a value.
    data: JSON.stringify(alert.data ?? null),
  }
}

/** @param nowMs when the row is written */
export function dataRow(
  id: string,
  alert: JsonObject,
  args: { data: JsonValue; tags: string[] },
  nowMs: number,
): JsonObject {
  return {
    id,
    alert_id: alertField(alert, 'id'),
    created_at: new Date(nowMs).toISOString(),
    tags: args.tags,
    data: JSON.stringify(args.data),
  }
}

/** The same UUID (version 8) for the same intent: a repeat writes the same row. */
export function rowId(intentKey: string): string {
  const hex = createHash('sha256').update(intentKey).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
