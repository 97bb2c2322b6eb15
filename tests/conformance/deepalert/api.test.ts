import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import { alertIdOf } from '../../../electron/engine/report/deepalert/alert-id.ts'
import { post, send, startDesk } from '../../security/receiver-kit.ts'
import { openApiWorld, type ApiWorld } from './kit.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

let world: ApiWorld
beforeAll(async () => {
  world = await openApiWorld()
})
afterAll(() => world.close())

const ALERT = { detector: 'testDetector', rule_id: 'testID', rule_name: 'testRule', alert_key: 'testKey' }

function invalid(what: string): JsonObject {
  return {
    error: `Invalid alert format: ${what}: Invalid Alert parameter: Invalid Alert parameter`,
    code: 'invalid_alert',
  }
}

describe('internal/api: POST alert', () => {
  it('answers the report of the alert', async () => {
    const sent = { ...ALERT, alert_key: 'posted', attributes: [{ type: 'ipaddr', key: 'src', value: '192.0.2.1' }] }
    const answer = await world.post(sent)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect(answer.headers['deepalert-request-id']).toMatch(UUID)
    expect(answer.json).toEqual({
      id: expect.stringMatching(UUID) as string,
      alerts: [
        {
          ...sent,
          description: '',
          timestamp: '0001-01-01T00:00:00Z',
          attributes: [{ type: 'ipaddr', key: 'src', value: '192.0.2.1', context: null }],
        },
      ],
      attributes: null,
      sections: null,
      result: { severity: '', reason: '' },
      status: 'new',
      created_at: expect.stringMatching(TIME) as string,
    })
  })

  it('of many at once makes one report of each cause, and each has one first alert', async () => {
    const posted = Array.from({ length: 60 }, (_, no) => world.take({ ...ALERT, alert_key: `at once ${no % 10}` }))
    const reports = await Promise.all(posted)
    expect(new Set(reports.map(({ id }) => id)).size).toBe(10)
    expect(new Set(reports.flatMap(({ id, status }) => (status === 'new' ? id : []))).size).toBe(10)
    expect(reports.filter(({ status }) => status === 'new')).toHaveLength(10)
  })

  it.each([
    ['without a detector', { detector: '' }, 'Alert.Detector is required'],
    ['without a rule id', { rule_id: '' }, 'Alert.RuleID is required'],
    ['with a detector of 1025 bytes', { detector: 'x'.repeat(1025) }, 'Alert.Detector exceeds maximum length'],
    [
      'with a value of 1025 bytes',
      { attributes: [{ value: 'x'.repeat(1025) }] },
      'Attribute.Value exceeds maximum length',
    ],
  ])('refuses one %s', async (_what, fields, what) => {
    expect(await world.post({ ...ALERT, ...fields })).toMatchObject({ status: 400, json: invalid(what) })
  })

  it.each([
    ['', 'EOF'],
    ['[]', 'json: cannot unmarshal array into Go value of type deepalert.Alert'],
    ['{"detector":1}', 'json: cannot unmarshal number into Go struct field Alert.detector of type string'],
  ])('refuses the body %s', async (body, error) => {
    expect(await world.post(body)).toMatchObject({ status: 400, json: { error, code: 'malformed_json' } })
  })
})

describe('internal/api: what is not there', () => {
  it('POST to /api/v0/report is 404', async () => {
    const answer = await post(world.port, '/api/v0/report', JSON.stringify(ALERT))
    expect(answer).toMatchObject({ status: 404, body: '404 page not found', headers: { 'content-type': 'text/plain' } })
  })
})

describe('internal/api: GET', () => {
  it('report, alert, section and attribute', async () => {
    const sent = {
      ...ALERT,
      alert_key: 'read',
      body: { n: 1 },
      attributes: [{ key: 'who', value: 'ann', context: [] }],
    }
    const { id, created_at: createdAt } = await world.take(sent)
    const shown = {
      ...ALERT,
      alert_key: 'read',
      description: '',
      timestamp: '0001-01-01T00:00:00Z',
      attributes: [{ type: '', key: 'who', value: 'ann', context: [] }],
      body: { n: 1 },
    }
    const attributes = [
      { type: '', key: 'who', value: 'ann', context: null, timestamp: expect.stringMatching(TIME) as string },
    ]
    const path = `report/${id}`
    const report = await world.read<JsonObject>(path)
    expect(report).toMatchObject({
      id,
      created_at: createdAt,
      alerts: [shown],
      attributes,
      sections: [],
      alert_count: 1,
    })
    expect(await world.read(`${path}/alert`)).toEqual([shown])
    expect(await world.read(`${path}/attribute`)).toEqual(attributes)
    expect(await world.read(`${path}/section`)).toEqual([])
    const alertId = alertIdOf('testDetector', 'testID', 'read')
    expect(await world.read<JsonObject>(`alert/${alertId}/report`)).toMatchObject({ id, alerts: [shown] })
  })

  it.each([
    [`report/${UNKNOWN}`, 'No such report'],
    [`report/${UNKNOWN}/alert`, 'No such report'],
    [`report/${UNKNOWN}/section`, 'No such report'],
    [`report/${UNKNOWN}/attribute`, 'No such report'],
    ['alert/alert:71546855/report', 'No such alert'],
  ])('nothing at %s', async (path, error) => {
    expect(await world.get(path)).toMatchObject({ status: 404, json: { error, code: 'not_found' } })
  })

  it('alert: the rule’s name of one alert', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'named' })
    const alerts = await world.read<object[]>(`report/${id}/alert`)
    expect(alerts).toMatchObject([{ rule_name: 'testRule' }])
    expect(alerts).toHaveLength(1)
  })

  it('attributes of a report without any', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'bare' })
    expect(await world.get(`report/${id}/attribute`)).toMatchObject({
      status: 404,
      json: { error: 'attributes not found' },
    })
    expect(await world.read<JsonObject>(`report/${id}`)).toMatchObject({ attributes: null, sections: [] })
  })
})

describe('internal/api: a failure inside', () => {
  it('is answered with the id of the request, and nothing of what failed', async () => {
    const policies = { 'authz.rego': 'package authz.http\n\nallow := true\n' }
    const fail = (): Promise<never> => Promise.reject(new Error('arn:aws:states: execution failed'))
    const desk = await startDesk({ policies, api: { read: fail, ofAlert: fail } })
    const answer = await send(desk.port, { method: 'GET', target: '/api/v1/report/x' })
    expect(answer?.status).toBe(500)
    expect(answer?.body).toMatch(/internal server error \(request ID: [0-9a-f-]{36}\)/)
    expect(answer?.body).not.toMatch(/arn:|execution failed/)
    expect(answer?.headers['deepalert-request-id']).toMatch(UUID)
    await desk.close()
  })
})

describe('lambda', () => {
  const EVERY = { alert_key: 'lambda', detector: 'blue', rule_id: 'id', rule_name: 'name' }

  /** When the report is inspected and, unless all is settled before, reviewed. */
  async function timersOf(id: string): Promise<{ inspect: number | null; review: number | null }> {
    const { createdAt, inspectAt, reviewAt } = await world.desk.ask('reports.get', { id })
    return { inspect: inspectAt && inspectAt - createdAt, review: reviewAt && reviewAt - createdAt }
  }

  it('apiHandler: POST is 200, and an inspection and a review are waited for', async () => {
    const { id } = await world.take(EVERY)
    expect(await timersOf(id)).toEqual({ inspect: 300_000, review: 600_000 })
  })

  it('receptAlert via SQS: the body is the alert', async () => {
    const { id, status } = await world.take({ ...EVERY, alert_key: 'sqs' })
    expect(status).toBe('new')
    expect(await timersOf(id)).toEqual({ inspect: 300_000, review: 600_000 })
  })

  it('receptAlert via SQS-wrapped SNS: the message of the body is the alert', async () => {
    const alert = { ...EVERY, alert_key: 'sns' }
    const { id, alerts } = await world.take({ Type: 'Notification', MessageId: 'm', Message: JSON.stringify(alert) })
    expect(alerts).toMatchObject([alert])
    expect(await timersOf(id)).toEqual({ inspect: 300_000, review: 600_000 })
    expect(await world.read<object[]>(`report/${id}/alert`)).toMatchObject([alert])
  })

  it('emitter: a message that is no JSON is an error, and nothing comes of it', async () => {
    const before = await world.desk.ask('desk.state', {})
    const answer = await world.post({ Type: 'Notification', MessageId: 'm2', Message: '{"id":"hoge"' })
    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed_json' } })
    expect((await world.desk.ask('desk.state', {})).counts).toEqual(before.counts)
  })
})

describe('TestTakeReport: the window', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is of three hours from the first alert on, its last second included', async () => {
    // Only what time it is; the engine's timers are real.
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now() - (Date.now() % 1000)
    const alert = { ...ALERT, alert_key: 'window' }
    const at = async (seconds: number): Promise<string> => {
      vi.setSystemTime(start + seconds * 1000)
      const { id, status } = await world.take(alert)
      return `${status} ${id}`
    }
    const [, first = ''] = (await at(0)).split(' ')
    expect(await at(5000)).toBe(`more ${first}`)
    expect(await at(10_800)).toBe(`more ${first}`)
    const [status, second] = (await at(10_801)).split(' ')
    expect([status, second === first]).toEqual(['new', false])
    expect(await at(10_802)).toBe(`more ${second}`)
  })
})
