import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, GOLDEN_ALERT, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { DATASET_PATH, failure, FakeBigQuery } from '../../../tests/fakes/fake-bigquery.ts'
import { googleCredentials } from '../../../tests/fakes/fake-google.ts'
import type { Step } from '../../../tests/fakes/fake-remote.ts'
import type { JsonObject } from '../../../shared/model/json.ts'

const TABLE = `${DATASET_PATH}/tables/alerts`
const INSERT = `${TABLE}/insertAll`

let google: FakeBigQuery
let kit: ActionKit
beforeEach(async () => {
  google = await FakeBigQuery.start()
  kit = newKit()
})
afterEach(async () => {
  await kit.close()
  await google.remote.close()
})

function newKit(): ActionKit {
  return actionKit({
    secrets: secretsOf({ GOOGLE_KEY: googleCredentials(google.remote.url) }),
    urls: { BIGQUERY_BASE_URL: `${google.remote.url}/` },
  })
}

function args(more: JsonObject = {}): JsonObject {
  return {
    project_id: 'my-project',
    dataset_id: 'security',
    table_id: 'alerts',
    secret_credentials: kit.handles.make('GOOGLE_KEY'),
    ...more,
  }
}

const insertAlert = (more: JsonObject = {}, alert = GOLDEN_ALERT, key = 'run-1/0/0') =>
  kit.run('bigquery.insert_alert', args(more), { alert, key })

const insertData = (more: JsonObject = {}, key = 'run-1/0/0') =>
  kit.run('bigquery.insert_data', args({ data: { n: 1 }, ...more }), { key })

const calls = (): string[] => google.remote.calls.map(({ method, path }) => `${method} ${path}`)

const ALERT: JsonObject = {
  ...GOLDEN_ALERT,
  namespace: 'ns',
  attrs: [
    { id: 'a1', key: 'ip', value: '192.0.2.1', type: 'ipaddr', persist: false, ttl: 0 },
    { id: 'a2', key: 'big', value: 1677835445, type: '', persist: true, ttl: 60 },
    { id: 'a3', key: 'obj', value: { a: ['x', null] }, type: '', persist: false, ttl: 0 },
  ],
  refs: [{ title: 'R1', url: 'https://example.com/r1' }],
}

describe('bigquery.insert_alert', () => {
  it('makes the missing table and inserts the alert', async () => {
    expect(await insertAlert({}, ALERT)).toEqual({ outcome: 'succeeded', result: null })
    expect(calls()).toEqual(['POST /token', `GET ${TABLE}`, `POST ${DATASET_PATH}/tables`, `POST ${INSERT}`])
    expect(google.tables.get('alerts')).toMatchObject({ timePartitioning: { type: 'DAY', field: 'created_at' } })
    expect(google.rows('alerts')).toEqual([
      {
        id: '11111111-1111-4111-8111-111111111111',
        schema: 'sch',
        created_at: '2024-01-02T03:04:05.678Z',
        title: 'My Title',
        description: 'My Desc',
        source: 'src',
        namespace: 'ns',
        attrs: [
          { id: 'a1', key: 'ip', value: '192.0.2.1', type: 'ipaddr', persist: false, ttl: 0 },
          { id: 'a2', key: 'big', value: '1677835445', type: '', persist: true, ttl: 60 },
          { id: 'a3', key: 'obj', value: '{"a":["x",null]}', type: '', persist: false, ttl: 0 },
        ],
        refs: [{ Title: 'R1', URL: 'https://example.com/r1' }],
        data: '{"k":"v"}',
      },
    ])
  })

  it('takes the table that is there, and the token that it has', async () => {
    await insertAlert()
    await insertAlert({}, ALERT, 'run-2/0/0')
    expect(calls().slice(4)).toEqual([`GET ${TABLE}`, `POST ${INSERT}`])
    expect(google.rows('alerts')).toHaveLength(2)
  })

  it('lives with a table that somebody else makes at the same time', async () => {
    await insertAlert()
    google.remote.on(TABLE, { do: 'answer', ...failure(404, 'notFound', 'Not found') })
    expect(await insertAlert({}, ALERT, 'run-2/0/0')).toMatchObject({ outcome: 'succeeded' })
    expect(calls().slice(4)).toEqual([`GET ${TABLE}`, `POST ${DATASET_PATH}/tables`, `POST ${INSERT}`])
  })

  it('writes an alert without attributes, references and data', async () => {
    const { data: _data, ...rest } = GOLDEN_ALERT
    const bare = { ...rest, attrs: null, refs: null }
    expect(await insertAlert({}, bare)).toMatchObject({ outcome: 'succeeded' })
    expect(google.rows('alerts')[0]).toMatchObject({ attrs: [], refs: [], data: 'null' })
  })
})

describe('bigquery.insert_data', () => {
  it('inserts data with its tags, under the id of its intent', async () => {
    const before = Date.now()
    expect(await insertData({ data: { name: 'John', age: 42 }, tags: ['a', 'b'] })).toEqual({
      outcome: 'succeeded',
      result: null,
    })
    const [row] = google.rows('alerts')
    expect(Object.keys(row ?? {})).toEqual(['id', 'alert_id', 'created_at', 'tags', 'data'])
    expect(row).toMatchObject({ alert_id: GOLDEN_ALERT.id, tags: ['a', 'b'], data: '{"name":"John","age":42}' })
    expect(row?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Date.parse(String(row?.created_at))).toBeGreaterThanOrEqual(before)
    const body: unknown = JSON.parse(google.remote.calls.at(-1)?.body ?? '')
    expect(body).toMatchObject({ rows: [{ insertId: row?.id }] })
  })

  it.each([
    ['text', 'x'],
    ['a number', 0],
    ['false', false],
    ['a list', []],
  ])('takes %s', async (_kind, data) => {
    expect(await insertData({ data })).toMatchObject({ outcome: 'succeeded' })
    expect(google.rows('alerts')[0]).toMatchObject({ data: JSON.stringify(data), tags: [] })
  })

  it('fails with BigQuery’s words on a table of other columns', async () => {
    await insertAlert()
    const outcome = await insertData({ tags: ['a'] }, 'run-2/0/0')
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'bigquery_row_refused' } })
    expect(JSON.stringify(outcome)).toContain('no such field: tags.')
    expect(google.rows('alerts')).toHaveLength(1)
  })
})

describe('faults of BigQuery', () => {
  it('waits while a new table is reported missing', async () => {
    google.missingInserts = 4
    expect(await insertData()).toMatchObject({ outcome: 'succeeded' })
    expect(google.remote.count(INSERT)).toBe(5)
  })

  it('gives up on a table that stays missing', async () => {
    google.missingInserts = 1000
    expect(await insertData()).toMatchObject({ outcome: 'failed', error: { code: 'bigquery_table_missing' } })
    expect(google.remote.count(INSERT)).toBe(11)
  })

  it.each<[string, Step]>([
    ['the connection breaks after the request', { do: 'reset', when: 'after-body' }],
    ['the answer breaks off', { do: 'half-body', body: '{"kind"' }],
    ['BigQuery fails', { do: 'answer', ...failure(503, 'backendError', 'Error encountered during execution.') }],
    ['there were too many', { do: 'answer', ...failure(429, 'tooManyRequests', 'x'), headers: { 'retry-after': '1' } }],
    ['the rate limit is met', { do: 'answer', ...failure(403, 'rateLimitExceeded', 'Exceeded rate limits') }],
  ])('[S24] inserts once when %s', async (_what, step) => {
    await insertData()
    google.remote.on(INSERT, step, step, { do: 'serve' })
    expect(await insertData({}, 'run-2/0/0')).toMatchObject({ outcome: 'succeeded' })
    expect(google.rows('alerts')).toHaveLength(2)
    const bodies = google.remote.calls.filter(({ path }) => path === INSERT).map(({ body }) => body)
    expect(new Set(bodies.slice(1)).size).toBe(1)
  })

  it('[S24] is unknown when the answer never comes', async () => {
    await insertData()
    google.remote.on(INSERT, { do: 'reset', when: 'after-body' })
    expect(await insertData({}, 'run-2/0/0')).toMatchObject({ outcome: 'unknown', error: { code: 'net_reset' } })
  })

  it('[S24] is unknown when a later try fails otherwise than the one whose answer was lost', async () => {
    await insertData()
    const denied: Step = { do: 'answer', ...failure(403, 'accessDenied', 'Access Denied') }
    google.remote.on(INSERT, { do: 'reset', when: 'after-body' }, denied)
    expect(await insertData({}, 'run-2/0/0')).toMatchObject({ outcome: 'unknown', error: { code: 'net_reset' } })
  })

  it('[S24] is unknown when the answer is none', async () => {
    google.remote.on(INSERT, { do: 'answer', headers: { 'content-type': 'text/html' }, body: '<html>' })
    expect(await insertData()).toMatchObject({ outcome: 'unknown', error: { code: 'bad_answer' } })
    expect(google.remote.count(INSERT)).toBe(1)
  })

  it('[S24] has failed when it broke before the row left', async () => {
    google.remote.on('/token', { do: 'reset', when: 'after-body' })
    expect(await insertData()).toMatchObject({ outcome: 'failed', error: { code: 'net_reset' } })
    expect(google.remote.count('/token')).toBe(3)
    google.remote.on('/token', { do: 'serve' })
    google.remote.on(TABLE, { do: 'answer', status: 500 })
    expect(await insertData()).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(google.remote.count(TABLE)).toBe(3)
  })

  it('is stopped while BigQuery is slow', async () => {
    await insertData()
    google.remote.on(INSERT, { do: 'drip' })
    const stop = new AbortController()
    const running = kit.run('bigquery.insert_data', args({ data: 1 }), { key: 'run-2/0/0', signal: stop.signal })
    await google.remote.reached(6)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'unknown', error: { code: 'stopped' } })
  })

  it.each<[string, string, Step, string]>([
    [
      'no right to look',
      TABLE,
      { do: 'answer', ...failure(403, 'accessDenied', 'Access Denied: Table') },
      'Access Denied: Table',
    ],
    [
      'no right to make the table',
      `${DATASET_PATH}/tables`,
      { do: 'answer', ...failure(403, 'accessDenied', 'No') },
      'No',
    ],
    ['no right to insert', INSERT, { do: 'answer', ...failure(403, 'accessDenied', 'Not you') }, 'Not you'],
    ['a page of a proxy', INSERT, { do: 'answer', status: 407, body: '<b>proxy</b>' }, '<b>proxy</b>'],
  ])('fails with its words on %s', async (_what, path, step, words) => {
    google.remote.on(path, step)
    const outcome = await insertData()
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify(outcome)).toContain(words)
    expect(google.remote.count(path)).toBe(1)
  })

  it('fails where the dataset is missing', async () => {
    const outcome = await insertData({ dataset_id: 'nope' })
    expect(JSON.stringify(outcome)).toContain('404 Not Found: Not found: Dataset')
  })
})

describe('the declaration', () => {
  it('says what happens where', async () => {
    expect(kit.actions.describe('bigquery.insert_alert', args())).toMatchObject({
      effect: 'notify',
      isIdempotent: false,
      canProbe: false,
      undo: null,
      title: 'Add the alert to my-project.security.alerts in BigQuery',
      target: 'my-project.security.alerts',
      secretArgs: ['secret_credentials'],
    })
    const { plan } = await kit.intent('bigquery.insert_data', args({ data: { n: 1 }, tags: ['t'] }))
    expect(plan.rows[0]).toEqual({ key: 'Table', value: 'my-project.security.alerts' })
    expect(plan.rows[1]?.value).toContain('"t"')
    expect(google.remote.calls).toEqual([])
  })

  it.each<[string, string, JsonObject, string]>([
    ['bigquery.insert_alert', 'nothing', {}, 'project_id is required; dataset_id is required; table_id is required'],
    ['bigquery.insert_data', 'nothing', {}, 'table_id is required; data is required'],
    ['bigquery.insert_data', 'data that is null', { data: null }, 'data: must not be null'],
    ['bigquery.insert_data', 'tags that are no texts', { data: 1, tags: [1] }, 'tags.0'],
    ['bigquery.insert_data', 'a project that leads elsewhere', { data: 1, project_id: '../x' }, 'is no project ID'],
    ['bigquery.insert_data', 'a dataset that leads elsewhere', { data: 1, dataset_id: 'a/b' }, 'is no dataset'],
    ['bigquery.insert_data', 'a table that leads elsewhere', { data: 1, table_id: '..' }, 'is no name of a table'],
    [
      'bigquery.insert_data',
      'a table with too long a name',
      { data: 1, table_id: 'ü'.repeat(513) },
      'is no name of a table',
    ],
  ])('%s refuses %s', (uses, _what, wrong, message) => {
    const given = wrong.data === undefined ? wrong : args(wrong)
    expect(() => kit.actions.describe(uses, wrong.data === null ? args(wrong) : given)).toThrow(message)
  })

  it('takes names as BigQuery has them', async () => {
    expect(await insertData({ table_id: 'Tabelle für Alarme-1' })).toMatchObject({ outcome: 'succeeded' })
    expect([...google.tables.keys()]).toEqual(['Tabelle für Alarme-1'])
  })
})
