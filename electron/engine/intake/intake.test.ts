import { afterEach, describe, expect, it } from 'vitest'
import { delivery, jsonOf, textOf } from '../../../tests/fakes/delivery.ts'
import { QUEUED_CHAIN, startDesk, writePolicies, type TestDesk } from '../../../tests/security/receiver-kit.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { IntakeAnswer } from './intake-answer.ts'

let desk: TestDesk
afterEach(() => desk.close())

function outcomes(): string[] {
  return desk.store.db.prepare('SELECT outcome FROM event ORDER BY seq').pluck().all() as string[]
}

describe('one event', () => {
  it('is stored with its decision and alerts before it is answered, in AlertChain’s form', async () => {
    const queued: string[] = []
    desk = await startDesk({
      queueChain: (tx, alert, policy, { trigger }) => {
        queued.push(`${alert.id} ${policy.number} ${trigger} ${tx.at > 0}`)
        return QUEUED_CHAIN
      },
    })
    const body = '{ "title": "<open>", "who": "ann", "b": [1.0, 1e3, {}], "a": [] }'
    const answer = await desk.intake.receive(delivery({ body }))
    const json = jsonOf(answer)
    const [alert] = json['alerts'] as Record<string, unknown>[]
    expect(json['event_id']).toBe(desk.store.db.prepare('SELECT id FROM event').pluck().get())
    expect(alert).toMatchObject({
      schema: 'door',
      title: '<open>',
      source: 'door',
      description: '',
      namespace: '',
      refs: [],
      data: JSON.parse(body) as unknown,
      attrs: [{ key: 'who', value: 'ann', type: '', persist: false, ttl: 0 }],
    })
    expect(Object.keys(alert ?? {}).sort()).toEqual(
      ['id', 'schema', 'created_at', 'title', 'description', 'source', 'namespace', 'attrs', 'refs', 'data'].sort(),
    )
    const [withRaw] = (JSON.parse(textOf(answer, true)) as { alerts: unknown[] }).alerts
    const raw =
      '{\n  "a": [],\n  "b": [\n    1,\n    1000,\n    {}\n  ],\n  "title": "\\u003copen\\u003e",\n  "who": "ann"\n}\n'
    expect(withRaw).toEqual({ ...alert, raw })
    expect(queued).toEqual([`${String(alert?.['id'])} 1 event true`])
    expect(desk.alertIds).toEqual([alert?.['id']])
    expect(outcomes()).toEqual(['alerts'])
    const decision = desk.store.db.prepare('SELECT kind, event_id, input_sha256, output, error FROM decision').get()
    expect(decision).toMatchObject({ kind: 'alert', event_id: json['event_id'], error: null })
  })

  it('without an alert is 200 [], with its decision', async () => {
    desk = await startDesk()
    expect(jsonOf(await desk.intake.receive(delivery({ body: '{}' })))).toMatchObject({ alerts: [] })
    expect(outcomes()).toEqual(['no_alert'])
    expect(desk.rows('decision')).toBe(1)
  })

  it.each(['null', '[]', '5', '"text"', 'false'])('may be any JSON value: %s', async (body) => {
    desk = await startDesk({
      policies: { 'alert/any.rego': 'package alert.any\n\nalert contains {"title": json.marshal(input)}\n' },
    })
    const answer = jsonOf(await desk.intake.receive(delivery({ schema: 'any', body })))
    expect(answer).toMatchObject({ alerts: [{ title: body, data: JSON.parse(body) as unknown }] })
  })

  it.each([
    ['100 alerts', 100, 0, true],
    ['more than 100 alerts', 101, 0, false],
    ['an answer of less than 1 MiB', 10, 100_000, true],
    ['an answer over 1 MiB', 10, 105_000, false],
    ['one alert of an event of 1 MiB', 1, 1_048_500, false],
  ])('that makes %s has its data %#', async (_name, count, padding, isEach) => {
    desk = await startDesk({
      policies: {
        'alert/many.rego':
          'package alert.many\n\nalert contains {"title": sprintf("%d", [n])} if some n in numbers.range(1, input.count)\n',
      },
    })
    const event = { count, pad: 'x'.repeat(padding) }
    const message = delivery({ schema: 'many', body: JSON.stringify(event), deliveryId: 'd-1' })
    const first = await desk.intake.receive(message)
    for (const answer of [first, await desk.intake.receive(message)]) {
      const { alerts, data, raw } = JSON.parse(textOf(answer)) as { alerts: object[]; data?: unknown; raw?: unknown }
      expect(alerts.length).toBe(count)
      expect(alerts.every((alert) => 'data' in alert === isEach && !('raw' in alert))).toBe(true)
      expect([data, raw]).toEqual([isEach ? undefined : event, undefined])
      expect(textOf(answer).length).toBeLessThan(1024 * 1024 + (isEach ? 0 : padding))
    }
    expect(textOf(await desk.intake.receive(message))).toBe(textOf(first))
    const withRaw = JSON.parse(textOf(first, true)) as { alerts: object[]; raw?: unknown }
    if (!isEach) expect(JSON.parse(withRaw.raw as string)).toEqual(event)
  })
})

describe('a failing policy', () => {
  it('leaves event and problem in one transaction and is answered with the problem', async () => {
    desk = await startDesk({
      policies: { 'alert/door.rego': 'package alert.door\n\nalert := [] if input.a\n\nalert := [{}] if input.b\n' },
    })
    const json = jsonOf(await desk.intake.receive(delivery({ body: '{"a":true,"b":true}' })))
    expect(json).toMatchObject({
      problem: { code: 'eval_conflict_error', details: { diagnostics: [{ file: 'alert/door.rego' }] } },
    })
    expect(outcomes()).toEqual(['problem'])
    expect(desk.store.problems.openOfEvent(String(json['event_id']))).toMatchObject({ code: 'eval_conflict_error' })
  })

  it('of a wrong type is a problem, with the decision on record', async () => {
    desk = await startDesk({ policies: { 'alert/door.rego': 'package alert.door\n\nalert contains {"title": 5}\n' } })
    expect(jsonOf(await desk.intake.receive(delivery()))).toMatchObject({ problem: { code: 'policy_result' } })
    expect(desk.rows('decision')).toBe(1)
    expect(desk.rows('alert')).toBe(0)
  })

  it('keeps the event as evidence when its alerts cannot be written', async () => {
    desk = await startDesk({
      queueChain: () => {
        throw new TocsinError('chain_broken', 'The chain cannot be queued')
      },
    })
    const json = jsonOf(await desk.intake.receive(delivery()))
    expect(json).toMatchObject({ problem: { code: 'alert_not_stored' } })
    expect(outcomes()).toEqual(['problem'])
    expect(desk.rows('alert')).toBe(0)
  })
})

describe('a repeated delivery', () => {
  it('gets the first answer again, byte for byte, and stores nothing', async () => {
    desk = await startDesk()
    const first = await desk.intake.receive(delivery({ deliveryId: 'd-1', body: '{"title":"é","who":[1,"2"]}' }))
    const again = await desk.intake.receive(delivery({ deliveryId: 'd-1', body: '{"title":"é","who":[1,"2"]}' }))
    expect(textOf(again)).toBe(textOf(first))
    desk.store.db.exec('DELETE FROM event_body') // what age has taken came again
    const late = await desk.intake.receive(delivery({ deliveryId: 'd-1', body: '{"title":"é","who":[1,"2"]}' }))
    expect(textOf(late)).toBe(textOf(first))
    expect(desk.rows('event')).toBe(1)
  })

  it('with another body is refused, also while the first is under way', async () => {
    desk = await startDesk()
    const [first, other] = await Promise.all(
      ['{"title":"one"}', '{"title":"two","who":1}'].map((body) =>
        desk.intake.receive(delivery({ deliveryId: 'd-1', body })),
      ),
    )
    expect(first?.kind).toBe('stored')
    expect(other).toMatchObject({ kind: 'refused', status: 422, code: 'idempotency_mismatch' })
    expect(await desk.intake.receive(delivery({ deliveryId: 'd-1', body: '{' }))).toMatchObject({ status: 400 })
    expect(desk.rows('event')).toBe(1)
  })

  it('of a service with other data is an event of its own, said under Problems, and repeated like any other', async () => {
    desk = await startDesk()
    const message = (body: string): Promise<IntakeAnswer> => {
      const deliveryId = { space: 'pubsub/door/sub/scc', id: '7', onOtherBody: 'store' } as const
      return desk.intake.receive(delivery({ deliveryId, body }))
    }
    const one = await message('{"title":"one"}')
    const two = await message('{"title":"two","who":1}')
    expect(jsonOf(two)).toMatchObject({ alerts: [{ title: 'two' }] })
    expect(textOf(await message('{"title":"two","who":1}'))).toBe(textOf(two))
    expect(textOf(await message('{"title":"one"}'))).toBe(textOf(one))
    expect(desk.rows('event')).toBe(2)
    await message('{"title":"three"}')
    const [problem, ...more] = desk.store.db.prepare('SELECT code, schema, count, message FROM problem').all()
    expect(more).toEqual([])
    expect(problem).toMatchObject({ code: 'idempotency_mismatch', schema: 'door', count: 2 })
    expect((problem as { message: string }).message).toContain('Message 7 of sub/scc came again')
  })

  it('is another event for another source or schema, and equal bodies without an id are two', async () => {
    desk = await startDesk()
    await desk.intake.receive(delivery({ deliveryId: 'd-1' }))
    await desk.intake.receive(delivery({ deliveryId: 'd-1', sourceId: 's-2' }))
    await desk.intake.receive(delivery({ deliveryId: 'd-1', schema: 'gate' }))
    await desk.intake.receive(delivery())
    await desk.intake.receive(delivery())
    expect(desk.rows('event')).toBe(5)
  })

  it('that comes at the same time waits for the first', async () => {
    desk = await startDesk()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => desk.intake.receive(delivery({ deliveryId: 'd-1' }))),
    )
    expect(new Set(answers.map((answer) => textOf(answer))).size).toBe(1)
    expect(desk.rows('event')).toBe(1)
    expect(desk.rows('alert')).toBe(1)
  })

  it('after a refused one is taken', async () => {
    desk = await startDesk()
    const [bad, good] = await Promise.all([
      desk.intake.receive(delivery({ deliveryId: 'd-1', body: '{' })),
      desk.intake.receive(delivery({ deliveryId: 'd-1' })),
    ])
    expect(bad).toMatchObject({ kind: 'refused', status: 400 })
    expect(jsonOf(good)).toMatchObject({ alerts: [{ title: 'open' }] })
  })

  it('gets the first problem again, also after it was resolved, and not the alerts that came later', async () => {
    desk = await startDesk({ policies: { 'alert/door.rego': 'package alert.door\n\nalert := 5\n' } })
    const first = await desk.intake.receive(delivery({ deliveryId: 'd-1' }))
    const unknown = await desk.intake.receive(delivery({ deliveryId: 'd-2', schema: 'later' }))
    await publish({
      'alert/door.rego': 'package alert.door\n\nalert contains {"title": "now"}\n',
      'alert/later.rego': 'package alert.later\n\nalert contains {"title": "late"}\n',
    })
    const ids = desk.store.db.prepare('SELECT id FROM problem').pluck().all() as string[]
    for (const id of ids) await desk.intake.reprocess(id)
    expect(desk.rows('alert')).toBe(2)
    expect(textOf(await desk.intake.receive(delivery({ deliveryId: 'd-1' })))).toBe(textOf(first))
    expect(textOf(await desk.intake.receive(delivery({ deliveryId: 'd-2', schema: 'later' })))).toBe(textOf(unknown))
  })
})

describe('re-processing', () => {
  it('of a schema evaluates all its events, one problem for all of them before', async () => {
    const queued: string[] = []
    desk = await startDesk({
      queueChain: (_tx, _alert, _policy, { trigger }) => {
        queued.push(trigger)
        return QUEUED_CHAIN
      },
    })
    for (let count = 0; count < 40; count += 1) {
      const answer = await desk.intake.receive(delivery({ schema: 'later.if', body: JSON.stringify({ count }) }))
      expect(jsonOf(answer)).toMatchObject({ alerts: [] })
    }
    expect(outcomes()).toEqual(Array<string>(40).fill('no_policy'))
    const problem = desk.store.problems.openNoPolicy('later.if')
    expect(problem).toMatchObject({ code: 'no_policy', count: 40 })
    const id = problem?.id ?? ''
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 0, deleted: 0, alerts: 0, isResolved: false })
    await publish({
      'alert/later.rego': `package alert.later["if"]

alert contains {"title": "late"} if input.count < 10
`,
    })
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 40, deleted: 0, alerts: 10, isResolved: true })
    expect(outcomes().filter((outcome) => outcome === 'alerts')).toHaveLength(10)
    expect(queued).toEqual(Array<string>(10).fill('reprocess'))
    const acts = desk.store.db.prepare("SELECT by, subject_id FROM act WHERE kind = 'problem.processed'").all()
    expect(acts).toEqual([{ by: 'analyst', subject_id: id }])
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 0, deleted: 0, alerts: 0, isResolved: true })
  })

  it('of a schema leaves out the events whose bodies were deleted by age', async () => {
    desk = await startDesk()
    for (let count = 0; count < 3; count += 1) await desk.intake.receive(delivery({ schema: 'later' }))
    desk.store.db.prepare('DELETE FROM event_body WHERE event_seq = 2').run()
    await publish({ 'alert/later.rego': 'package alert.later\n\nalert contains {"title": "late"}\n' })
    const id = desk.store.problems.openNoPolicy('later')?.id ?? ''
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 2, deleted: 1, alerts: 2, isResolved: true })
    expect(outcomes()).toEqual(['alerts', 'no_policy', 'alerts'])
    const reason = desk.store.db.prepare("SELECT reason FROM act WHERE kind = 'problem.processed'").pluck().get()
    expect(reason).toContain('1 of its events were deleted')
  })

  it('of a schema whose events were all deleted by age does nothing, and says so', async () => {
    desk = await startDesk()
    await desk.intake.receive(delivery({ schema: 'later' }))
    desk.store.db.prepare('DELETE FROM event_body').run()
    await publish({ 'alert/later.rego': 'package alert.later\n\nalert contains {"title": "late"}\n' })
    const id = desk.store.problems.openNoPolicy('later')?.id ?? ''
    await expect(desk.intake.reprocess(id)).rejects.toMatchObject({ code: 'body_deleted' })
    expect([outcomes(), desk.store.problems.get(id)?.resolvedAt]).toEqual([['no_policy'], null])
  })

  it('that fails again leaves the problem, and records the evaluation', async () => {
    desk = await startDesk({ policies: { 'alert/door.rego': 'package alert.door\n\nalert := 5\n' } })
    const json = jsonOf(await desk.intake.receive(delivery()))
    const id = (json['problem'] as { id: string }).id
    expect(await desk.intake.reprocess(id)).toEqual({ processed: 1, deleted: 0, alerts: 0, isResolved: false })
    expect(desk.store.problems.get(id)?.resolvedAt).toBeNull()
    expect(desk.rows('decision')).toBe(2)
    const acts = desk.store.db.prepare("SELECT by, reason FROM act WHERE kind = 'problem.reprocess_failed'").all()
    expect(acts).toEqual([{ by: 'analyst', reason: expect.stringContaining('data.alert') as string }])
  })

  it('twice at once makes one set of alerts', async () => {
    desk = await startDesk({ policies: { 'alert/door.rego': 'package alert.door\n\nalert := 5\n' } })
    const json = jsonOf(await desk.intake.receive(delivery()))
    const id = (json['problem'] as { id: string }).id
    await publish({ 'alert/door.rego': 'package alert.door\n\nalert contains {"title": "now"}\n' })
    const results = await Promise.allSettled([desk.intake.reprocess(id), desk.intake.reprocess(id)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(desk.rows('alert')).toBe(1)
  })

  it('of a schema twice at once makes one alert of each event', async () => {
    desk = await startDesk()
    for (let count = 0; count < 5; count += 1) await desk.intake.receive(delivery({ schema: 'later' }))
    await publish({ 'alert/later.rego': 'package alert.later\n\nalert contains {"title": "late"}\n' })
    const id = desk.store.problems.openNoPolicy('later')?.id ?? ''
    const results = await Promise.allSettled([desk.intake.reprocess(id), desk.intake.reprocess(id)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(desk.rows('alert')).toBe(5)
    expect(desk.store.problems.get(id)?.resolvedAt).not.toBeNull()
  })

  it('of what is no event says so', async () => {
    desk = await startDesk()
    await expect(desk.intake.reprocess('nope')).rejects.toMatchObject({ code: 'problem_missing' })
    const { id } = await desk.store.writer.commit('problem', (tx) =>
      desk.store.problems.add(tx, { code: 'x', schema: '', eventId: null, chainId: 'c', message: '', details: null }),
    )
    await expect(desk.intake.reprocess(id)).rejects.toMatchObject({ code: 'not_reprocessable' })
  })
})

async function publish(files: Record<string, string>): Promise<void> {
  writePolicies(desk.policyDir, files)
  await desk.policy.refresh()
  expect(desk.policy.problem()).toBeNull()
}
