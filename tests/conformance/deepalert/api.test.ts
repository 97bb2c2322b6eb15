import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import { alertIdOf } from '../../../electron/engine/report/deepalert/alert-id.ts'
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

  it('attributes of a report without any', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'bare' })
    expect(await world.get(`report/${id}/attribute`)).toMatchObject({
      status: 404,
      json: { error: 'attributes not found' },
    })
    expect(await world.read<JsonObject>(`report/${id}`)).toMatchObject({ attributes: null, sections: [] })
  })
})
