import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { IncomingAnswer } from '../http/http-port.ts'
import { HttpFailure } from '../http/http-failure.ts'
import { UnknownOutcome, type RunContext } from './action-definition.ts'
import type { Column } from './bigquery-rows.ts'
import type { GoogleAccount, GoogleApi } from './google-api.ts'
import { statusFailure } from './http-answer.ts'
import { isRepeatSafe, isUnknown, repeat } from './repeat.ts'

export interface TableName {
  project_id: string
  dataset_id: string
  table_id: string
}

/** One attempt's way to BigQuery. */
export interface BigQueryCall {
  google: GoogleApi
  account: GoogleAccount
  baseUrl: string
  context: RunContext
}

/**
 * Waits between tries to insert. AlertChain waits 100 and 200 ms, but a table that was made a moment ago is reported missing
 * for longer than that. All of it ends within the minute for which BigQuery remembers an `insertId` at least.
 */
const INSERT_DELAYS_MS = [100, 200, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000]

/** How long to wait when the answer says that there were too many, and not how long. */
const QUOTA_WAIT_MS = 1000

const errorBody = z.object({
  error: z.object({ message: z.string(), errors: z.array(z.object({ reason: z.string() })).default([]) }),
})

const insertBody = z.object({
  insertErrors: z
    .array(
      z.object({ errors: z.array(z.object({ location: z.string().default(''), message: z.string().default('') })) }),
    )
    .default([]),
})

/** Makes the table where it is missing, with a partition for each day. */
export async function ensureTable(call: BigQueryCall, name: TableName, columns: readonly Column[]): Promise<void> {
  const found = await send(call, { method: 'GET', url: tableUrl(call.baseUrl, name) })
  if (found.status < 400) return
  if (found.status !== 404) throw failureOf(found)
  const { project_id: projectId, dataset_id: datasetId, table_id: tableId } = name
  const table = {
    tableReference: { projectId, datasetId, tableId },
    schema: { fields: columns },
    timePartitioning: { type: 'DAY', field: 'created_at' },
  }
  const made = await send(call, { method: 'POST', url: tablesUrl(call.baseUrl, name), body: JSON.stringify(table) })
  // 409: somebody else was faster.
  if (made.status >= 400 && made.status !== 409) throw failureOf(made)
}

/**
 * Inserts one row. BigQuery drops a row whose `insertId` it has seen within the last minute, so that a try whose answer was
 * lost is repeated at once.
 * @throws HttpFailure, TocsinError `bigquery_row_refused`, `bigquery_table_missing`
 */
export async function insertRow(call: BigQueryCall, name: TableName, insertId: string, row: JsonObject): Promise<void> {
  const body = JSON.stringify({ rows: [{ insertId, json: row }] })
  const url = `${tableUrl(call.baseUrl, name)}/insertAll`
  const insert = async (): Promise<void> => {
    const answer = await send(call, { method: 'POST', url, body })
    if (answer.status >= 400) throw failureOf(answer)
    checkInserted(answer)
  }
  const lost: Error[] = []
  const isSafe = (error: unknown): error is HttpFailure => {
    if (error instanceof Error && isUnknown(error, false)) lost.push(error)
    return isMissing(error) || isRepeatSafe(error, true)
  }
  try {
    await repeat(insert, { delaysMs: INSERT_DELAYS_MS, isSafe }, call.context)
  } catch (error) {
    // A try whose answer was lost may have come through, whatever became of the later ones.
    const [first] = lost
    if (first !== undefined) throw first
    if (!isMissing(error)) throw error
    throw new TocsinError(
      'bigquery_table_missing',
      `BigQuery reports ${name.table_id} missing, although it is made: a new table takes up to some minutes; run the action again then.`,
    )
  }
}

/** A new table is reported missing for a while. */
function isMissing(error: unknown): error is HttpFailure {
  return error instanceof HttpFailure && error.status === 404
}

/** An answer of 200 may still refuse the row. */
function checkInserted(answer: IncomingAnswer): void {
  const parsed = insertBody.safeParse(parse(answer))
  if (!parsed.success) {
    throw new UnknownOutcome(
      'bad_answer',
      'BigQuery answered something that is no answer of it: look whether the row is there.',
    )
  }
  const errors = parsed.data.insertErrors.flatMap((row) => row.errors)
  if (parsed.data.insertErrors.length === 0) return
  const reasons = errors.map(({ location, message }) => [location, message].filter((text) => text !== '').join(': '))
  throw new TocsinError(
    'bigquery_row_refused',
    `BigQuery refused the row (${reasons.join('; ')}): the table needs the columns that docs/ACTIONS.md lists.`,
  )
}

async function send(
  { google, account, context }: BigQueryCall,
  request: { method: string; url: string; body?: string },
): Promise<IncomingAnswer> {
  return google.send(account, request, context)
}

/** With BigQuery's own sentence, where there is one. Its rate limits come as 403 (BigQuery, "Error messages"). */
function failureOf(answer: IncomingAnswer): HttpFailure {
  const parsed = errorBody.safeParse(parse(answer))
  if (!parsed.success) return statusFailure('BigQuery', answer)
  const { message, errors } = parsed.data.error
  const failure = statusFailure('BigQuery', { ...answer, body: Buffer.from(message) })
  const isLimited = errors.some(({ reason }) => reason === 'rateLimitExceeded')
  if (!isLimited || failure.retryAfterMs !== null) return failure
  const { status, hasLeft } = failure
  return new HttpFailure(failure.code, failure.message, { hasLeft, status, retryAfterMs: QUOTA_WAIT_MS })
}

function tablesUrl(baseUrl: string, { project_id: project, dataset_id: dataset }: TableName): string {
  return `${baseUrl}/bigquery/v2/projects/${encodeURIComponent(project)}/datasets/${encodeURIComponent(dataset)}/tables`
}

function tableUrl(baseUrl: string, name: TableName): string {
  return `${tablesUrl(baseUrl, name)}/${encodeURIComponent(name.table_id)}`
}

function parse({ body }: IncomingAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
