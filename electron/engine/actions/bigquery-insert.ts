import { z } from 'zod'
import type { JsonObject } from '../../../shared/model/json.ts'
import { jsonValue } from '../../../shared/model/json.ts'
import type { Clock } from '../ports/ports.ts'
import { defineAction, type Action, type ActionDefinition } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import { ALERT_COLUMNS, alertRow, DATA_COLUMNS, dataRow, rowId, type Column } from './bigquery-rows.ts'
import { ensureTable, insertRow, type TableName } from './bigquery-table.ts'
import type { GoogleApi } from './google-api.ts'
import { beforeEffect } from './repeat.ts'
import type { ServiceUrl } from './service-url.ts'

/** All tries end while BigQuery still knows an `insertId` (at least a minute). */
const TIMEOUT_MS = 60_000

/** BigQuery's names: letters, marks, digits, connectors, dashes and spaces, up to 1,024 bytes. */
const TABLE_NAME = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]+$/u
const MAX_NAME_BYTES = 1024

const tableArgs = {
  project_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.:-]{0,99}$/, 'is no project ID')
    .describe('Project in Google Cloud'),
  dataset_id: z
    .string()
    .regex(/^\w{1,1024}$/, 'is no dataset: letters, digits and underscores')
    .describe('Dataset, which must be there'),
  table_id: z
    .string()
    .refine((text) => TABLE_NAME.test(text) && Buffer.byteLength(text) <= MAX_NAME_BYTES, 'is no name of a table')
    .describe('Table; made where it is missing'),
}

const credentials = {
  secret_credentials: z
    .string()
    .min(1)
    .optional()
    .describe('Key of a service account, the whole JSON file; else GOOGLE_APPLICATION_CREDENTIALS names it'),
}

/** Reading and writing tables; nothing of other services. */
const SCOPE = 'https://www.googleapis.com/auth/bigquery'

const alertArgs = z.strictObject({ ...tableArgs, ...credentials })

const dataArgs = z.strictObject({
  ...tableArgs,
  data: jsonValue.refine((value) => value !== null, 'must not be null').describe('What to keep, as JSON; not null'),
  tags: z.array(z.string()).optional().describe('Words to find it by'),
  ...credentials,
})

export interface BigQueryParts {
  google: GoogleApi
  serviceUrl: ServiceUrl
  clock: Clock
}

/** Keeps the alert as a row of a BigQuery table. */
export function bigqueryInsertAlert(parts: BigQueryParts): Action {
  return defineAction<z.infer<typeof alertArgs>>({
    ...insertion(parts, ALERT_COLUMNS, (_args, alert) => alertRow(alert)),
    uses: 'bigquery.insert_alert',
    args: alertArgs,
    title: (args) => `Add the alert to ${tableOf(args)} in BigQuery`,
  })
}

/** Keeps any data as a row of a BigQuery table. */
export function bigqueryInsertData(parts: BigQueryParts): Action {
  return defineAction<z.infer<typeof dataArgs>>({
    ...insertion(parts, DATA_COLUMNS, ({ data, tags = [] }, alert, id) =>
      dataRow(id, alert, { data, tags }, parts.clock.now()),
    ),
    uses: 'bigquery.insert_data',
    args: dataArgs,
    title: (args) => `Add data to ${tableOf(args)} in BigQuery`,
  })
}

/** What both actions have in common. */
function insertion<Args extends TableName & { secret_credentials?: string | undefined }>(
  { google, serviceUrl }: BigQueryParts,
  columns: readonly Column[],
  rowOf: (args: Args, alert: JsonObject, id: string) => JsonObject,
): Omit<ActionDefinition<Args>, 'uses' | 'args' | 'title'> {
  return {
    secretArgs: ['secret_credentials'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [500, 2000],
    undo: null,
    noProbe: 'A row that was inserted cannot be told from an equal one.',
    effect: () => 'notify',
    target: tableOf,
    effectSentence: (args) =>
      `A row is added to ${tableOf(args)}; a missing table is made. It cannot be taken back from here.`,
    // Only within the time for which BigQuery knows an `insertId`: `insertRow` makes use of it.
    isIdempotent: () => false,
    async plan(args, { alert }) {
      // The id comes from the intent, which there is when it runs.
      const row = JSON.stringify(rowOf(args, alert, '…'), null, 2)
      return {
        rows: [
          { key: 'Table', value: tableOf(args) },
          { key: 'Row', value: excerpt(row) },
        ],
        bound: null,
      }
    },
    async run(args, context) {
      const account = await google.account(args.secret_credentials, { scope: SCOPE })
      const call = { google, account, baseUrl: serviceUrl('BIGQUERY_BASE_URL'), context }
      await beforeEffect(ensureTable(call, args, columns))
      const id = rowId(context.intent.key)
      await insertRow(call, args, id, rowOf(args, context.subject.alert, id))
      return null
    },
  }
}

function tableOf({ project_id: project, dataset_id: dataset, table_id: table }: TableName): string {
  return `${project}.${dataset}.${table}`
}
