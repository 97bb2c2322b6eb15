import { z } from 'zod'
import { FakeGoogleLogin } from './fake-google.ts'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

const SCOPE = 'https://www.googleapis.com/auth/bigquery'

/** The one dataset that there is. */
export const DATASET_PATH = '/bigquery/v2/projects/my-project/datasets/security'

const columnSchema = z.strictObject({
  name: z.string().regex(/^\w{1,300}$/),
  type: z.enum(['STRING', 'INTEGER', 'BOOLEAN', 'TIMESTAMP', 'JSON', 'RECORD']),
  mode: z.enum(['NULLABLE', 'REQUIRED', 'REPEATED']),
  get fields() {
    return z.array(columnSchema).min(1).optional()
  },
})
type Column = z.infer<typeof columnSchema>

const tableSchema = z.strictObject({
  tableReference: z.strictObject({
    projectId: z.literal('my-project'),
    datasetId: z.literal('security'),
    tableId: z.string().min(1),
  }),
  schema: z.strictObject({ fields: z.array(columnSchema).min(1) }),
  timePartitioning: z.strictObject({ type: z.literal('DAY'), field: z.string() }).optional(),
})
export type FakeTable = z.infer<typeof tableSchema>

const insertSchema = z.strictObject({
  kind: z.literal('bigquery#tableDataInsertAllRequest').optional(),
  skipInvalidRows: z.boolean().optional(),
  ignoreUnknownValues: z.boolean().optional(),
  rows: z
    .array(z.strictObject({ insertId: z.string().max(128).optional(), json: z.record(z.string(), z.unknown()) }))
    .min(1),
})

type Row = Record<string, unknown>

/**
 * BigQuery's REST API with Google's log-in, on one server: tables.get, tables.insert, tabledata.insertAll. Refuses unknown
 * fields, wrong schemas and rows that do not fit their table, and drops rows whose `insertId` it has seen.
 */
export class FakeBigQuery {
  readonly tables = new Map<string, FakeTable>()
  readonly login = new FakeGoogleLogin(SCOPE)
  /** How many more inserts report a table missing that was just made. */
  missingInserts = 0
  readonly #rows = new Map<string, { insertId: string | undefined; json: Row }[]>()
  #remote: FakeRemote | null = null

  static async start(): Promise<FakeBigQuery> {
    const fake = new FakeBigQuery()
    fake.#remote = await FakeRemote.start({ service: (call) => fake.#answer(call) })
    return fake
  }

  get remote(): FakeRemote {
    if (this.#remote === null) throw new Error('the fake was not started')
    return this.#remote
  }

  rows(table: string): Row[] {
    return (this.#rows.get(table) ?? []).map(({ json }) => json)
  }

  #answer(call: Received): Reply {
    if (call.path === '/token') return this.login.answer(call, this.remote.url)
    if (!this.login.knows(call.headers.authorization)) return unauthenticated(call.headers.authorization ?? '')
    if (!call.path.startsWith('/bigquery/v2/')) return failure(404, 'notFound', 'Not Found')
    if (!call.path.startsWith(`${DATASET_PATH}/tables`))
      return failure(404, 'notFound', 'Not found: Dataset my-project:nope')
    if (call.method !== 'GET' && call.headers['content-type'] !== 'application/json')
      return failure(400, 'parseError', 'Parse Error')
    const [tableId = '', method = ''] = call.path
      .slice(`${DATASET_PATH}/tables`.length + 1)
      .split('/')
      .map(decodeURIComponent)
    if (call.method === 'POST' && tableId === '') return this.#create(call)
    if (call.method === 'GET' && method === '') return this.#get(tableId)
    if (call.method === 'POST' && method === 'insertAll') return this.#insert(tableId, call)
    return failure(404, 'notFound', 'Not Found')
  }

  #get(tableId: string): Reply {
    const table = this.tables.get(tableId)
    return table === undefined ? missing(tableId) : { body: JSON.stringify({ kind: 'bigquery#table', ...table }) }
  }

  #create(call: Received): Reply {
    const parsed = tableSchema.safeParse(parse(call.body))
    if (!parsed.success)
      return failure(400, 'invalid', `Invalid JSON payload received. ${z.prettifyError(parsed.error)}`)
    const { tableId } = parsed.data.tableReference
    if (this.tables.has(tableId))
      return failure(409, 'duplicate', `Already Exists: Table my-project:security.${tableId}`)
    this.tables.set(tableId, parsed.data)
    return { body: JSON.stringify({ kind: 'bigquery#table', ...parsed.data }) }
  }

  #insert(tableId: string, call: Received): Reply {
    const table = this.tables.get(tableId)
    if (table === undefined || this.missingInserts > 0) {
      this.missingInserts -= 1
      return missing(tableId)
    }
    const parsed = insertSchema.safeParse(parse(call.body))
    if (!parsed.success)
      return failure(400, 'invalid', `Invalid JSON payload received. ${z.prettifyError(parsed.error)}`)
    const insertErrors = parsed.data.rows.flatMap(({ json }, index) => {
      const errors = rowErrors(json, table.schema.fields, '')
      return errors.length === 0 ? [] : [{ index, errors }]
    })
    const kind = 'bigquery#tableDataInsertAllResponse'
    if (insertErrors.length > 0) return { body: JSON.stringify({ kind, insertErrors }) }
    const rows = this.#rows.get(tableId) ?? []
    for (const { insertId, json } of parsed.data.rows) {
      if (insertId !== undefined && rows.some((row) => row.insertId === insertId)) continue
      rows.push({ insertId, json })
    }
    this.#rows.set(tableId, rows)
    return { body: JSON.stringify({ kind }) }
  }
}

/** BigQuery reads names whatever their case. */
function rowErrors(row: Row, columns: readonly Column[], at: string): object[] {
  const known = new Map(columns.map((column) => [column.name.toLowerCase(), column]))
  const invalid = (location: string, message: string): object => ({
    reason: 'invalid',
    location,
    debugInfo: '',
    message,
  })
  const unknown = Object.keys(row).filter((name) => !known.has(name.toLowerCase()))
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
  const wrong = columns.flatMap((column) => {
    const value = values.get(column.name.toLowerCase())
    const location = at + column.name
    if (column.mode === 'REPEATED') {
      if (!Array.isArray(value))
        return value === undefined ? [] : [invalid(location, 'Array specified for non-repeated field.')]
      return value.flatMap((item: unknown, index) => valueErrors(item, column, `${location}[${index}]`, invalid))
    }
    if (value === undefined || value === null) {
      return column.mode === 'REQUIRED' ? [invalid(location, `Missing required field: ${location}.`)] : []
    }
    return valueErrors(value, column, location, invalid)
  })
  return [...unknown.map((name) => invalid(at + name, `no such field: ${at}${name}.`)), ...wrong]
}

function valueErrors(
  value: unknown,
  { type, fields = [] }: Column,
  location: string,
  invalid: (location: string, message: string) => object,
): object[] {
  if (type === 'RECORD') return rowErrors(z.record(z.string(), z.unknown()).parse(value), fields, `${location}.`)
  return isOfType(value, type) ? [] : [invalid(location, `Cannot convert value to ${type.toLowerCase()}.`)]
}

function isOfType(value: unknown, type: Column['type']): boolean {
  if (type === 'INTEGER') return Number.isInteger(value)
  if (type === 'BOOLEAN') return typeof value === 'boolean'
  if (typeof value !== 'string') return false
  if (type === 'JSON') return parse(value) !== undefined
  return type !== 'TIMESTAMP' || /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(value)
}

function missing(tableId: string): Reply {
  return failure(404, 'notFound', `Not found: Table my-project:security.${tableId}`)
}

/** The real service does not repeat the token; a proxy before it may. */
function unauthenticated(authorization: string): Reply {
  return failure(401, 'authError', `Request had invalid authentication credentials: ${authorization}`)
}

export function failure(status: number, reason: string, message: string): Reply {
  const error = { code: status, message, errors: [{ message, domain: 'global', reason }] }
  return { status, body: JSON.stringify({ error }) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
