import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { delivery, jsonOf } from '../../../tests/fakes/delivery.ts'
import { startDesk, writePolicies, type TestDesk } from '../../../tests/security/receiver-kit.ts'
import { alertIdOf } from '../report/deepalert/alert-id.ts'

/** Events of schema `deepalert` in a workspace without a package `alert.deepalert`. */

const ALERT = {
  detector: 'ao',
  rule_id: 'five',
  rule_name: 'fifth',
  alert_key: '5',
  description: 'the fifth',
  attributes: [
    { type: 'ipaddr', key: 'src', value: '192.0.2.7', context: ['remote', 'subject'] },
    { type: 'username', key: 'who', value: 'ann' },
  ],
}

let desk: TestDesk
beforeEach(async () => {
  desk = await startDesk()
})
afterEach(() => desk.close())

async function receive(event: unknown): Promise<Record<string, unknown>> {
  return jsonOf(await desk.intake.receive(delivery({ schema: 'deepalert', body: JSON.stringify(event) })))
}

function outcomes(): unknown[] {
  return desk.store.db.prepare('SELECT outcome FROM event ORDER BY seq').pluck().all()
}

describe('an alert in DeepAlert’s form', () => {
  it('is one alert of the live policy version, of which nobody decided', async () => {
    const { event_id: eventId, alerts } = await receive(ALERT)
    const [made] = alerts as { id: string }[]
    const { policyVersionId, ...alert } = desk.store.alerts.get(made?.id ?? '') ?? {}
    expect(alert).toMatchObject({
      eventId,
      schema: 'deepalert',
      title: 'fifth',
      description: 'the fifth',
      source: 'ao',
      severity: 'info',
      detector: 'ao',
      ruleId: 'five',
      alertKey: '5',
      dedupKey: alertIdOf('ao', 'five', '5'),
      decisionId: '',
      attrs: [
        { key: 'src', value: '192.0.2.7', type: 'ipaddr', persist: false, ttl: 0 },
        { key: 'who', value: 'ann', type: 'username', persist: false, ttl: 0 },
      ],
    })
    expect(policyVersionId).toBe(desk.policy.live()?.id)
    expect(desk.alertIds).toEqual([made?.id])
    expect([desk.rows('decision'), desk.rows('problem'), outcomes()]).toEqual([0, 0, ['alerts']])
  })

  it('is named by its rule’s id where that has no name', async () => {
    const { alerts } = await receive({ ...ALERT, rule_name: undefined })
    expect(alerts).toMatchObject([{ title: 'five' }])
  })

  it('is unwrapped from SNS’s envelope', async () => {
    const { alerts } = await receive({ Type: 'Notification', Message: JSON.stringify(ALERT) })
    expect(alerts).toMatchObject([{ title: 'fifth' }])
  })

  it('that comes again is answered with the same alert', async () => {
    const again = delivery({ schema: 'deepalert', body: JSON.stringify(ALERT), deliveryId: 'd-1' })
    const first = jsonOf(await desk.intake.receive(again))
    expect(first['alerts']).toHaveLength(1)
    expect(jsonOf(await desk.intake.receive(again))).toEqual(first)
    expect(desk.rows('alert')).toBe(1)
  })

  it('that DeepAlert would not take is kept with a problem, and becomes an alert once a package takes it', async () => {
    const answer = await receive({ ...ALERT, detector: '' })
    const { id } = answer['problem'] as { id: string }
    expect(answer['problem']).toMatchObject({
      code: 'invalid_alert',
      message: 'Invalid alert format: Alert.Detector is required: Invalid Alert parameter: Invalid Alert parameter',
    })
    expect(await desk.intake.reprocess(id)).toMatchObject({ alerts: 0, isResolved: false })
    writePolicies(desk.policyDir, {
      'alert/deepalert.rego': 'package alert.deepalert\n\nalert contains {"title": input.rule_id}\n',
    })
    await desk.policy.refresh()
    expect(await desk.intake.reprocess(id)).toMatchObject({ alerts: 1, isResolved: true })
  })

  it('that is no JSON is refused and not stored', async () => {
    const answer = await desk.intake.receive(delivery({ schema: 'deepalert', body: '{"detector":' }))
    expect(answer).toMatchObject({ kind: 'refused', status: 400, code: 'malformed_json' })
    expect(desk.rows('event')).toBe(0)
  })
})

it('leaves it to a package alert.deepalert where there is one', async () => {
  writePolicies(desk.policyDir, {
    'alert/deepalert.rego': 'package alert.deepalert\n\nalert contains {"title": input.rule_id, "severity": "high"}\n',
  })
  await desk.policy.refresh()
  expect((await receive(ALERT))['alerts']).toMatchObject([{ title: 'five' }])
  expect(desk.rows('decision')).toBe(1)
})
