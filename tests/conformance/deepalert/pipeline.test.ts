import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attributeHash } from '../../../electron/engine/report/deepalert/attribute-hash.ts'
import { openInspectingWorld, type InspectingWorld } from './inspecting-world.ts'

/** DeepAlert's tests of its stages, each on the whole engine. Titles begin with the original's names. */

let world: InspectingWorld
beforeAll(async () => {
  world = await openInspectingWorld()
})
afterAll(() => world.close())

const ALERT = { detector: 'ao', rule_id: 'five', rule_name: 'fifth' }
const TIME = '2026-03-01T00:00:00Z'

function ipaddr(value: string): object {
  return { type: 'ipaddr', key: 'dst', value, context: ['remote', 'subject'], timestamp: TIME }
}

function username(value: string): object {
  return { type: 'username', key: 'login-name', value }
}

describe('inspector', () => {
  it('TestInspectorHandler: one content and one new attribute of one task', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'handler', attributes: [ipaddr('192.10.0.7')] })
    const { sections, attributes } = await world.published(id)
    expect(sections).toEqual([
      {
        attr: { type: 'ipaddr', key: 'dst', value: '192.10.0.7', context: ['remote', 'subject'], timestamp: TIME },
        hosts: [{ ipaddr: ['10.1.2.3'], owner: ['superman'] }],
      },
    ])
    expect(attributes?.map(({ value }) => value)).toEqual(['192.10.0.7', 'mizutani'])
    expect(world.asked().filter((value) => value === '192.10.0.7')).toHaveLength(1)
  })

  it('TestSQS: the finding says what was found about the task’s attribute', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'sqs', attributes: [ipaddr('192.10.0.1')] })
    const [section, ...more] = (await world.published(id)).sections ?? []
    expect(more).toEqual([])
    expect(section).toMatchObject({
      attr: { type: 'ipaddr', key: 'dst', value: '192.10.0.1' },
      hosts: [{ ipaddr: ['10.1.2.3'], owner: ['superman'] }],
    })
  })
})

describe('report', () => {
  const twoHosts = `package inspect

inspect contains {
  "findings": [
    {"type": "host", "content": {"related_domains": [{"name": "example.com"}]}},
    {"type": "host", "content": {"related_domains": [{"name": "example.org"}]}},
  ],
}
`

  it('TestReportExtraction: two findings of one attribute are two hosts of one section', async () => {
    const two = await openInspectingWorld({ 'inspect.rego': twoHosts })
    const { id } = await two.take({ ...ALERT, alert_key: 'two', attributes: [ipaddr('10.0.0.1')] })
    const { sections } = await two.published(id)
    const domain = { timestamp: '0001-01-01T00:00:00Z', source: '' }
    expect(sections).toEqual([
      {
        attr: expect.objectContaining({ value: '10.0.0.1' }) as object,
        hosts: [
          { related_domains: [{ name: 'example.com', ...domain }] },
          { related_domains: [{ name: 'example.org', ...domain }] },
        ],
      },
    ])
    await two.close()
  })
})

describe('internal/service', () => {
  it('TakeReport: another key another report, the same key the same report', async () => {
    const first = await world.take({ ...ALERT, alert_key: 'take-1' })
    const other = await world.take({ ...ALERT, alert_key: 'take-2' })
    const again = await world.take({ ...ALERT, alert_key: 'take-1' })
    expect(other).toMatchObject({ status: 'new' })
    expect(other.id).not.toBe(first.id)
    expect(again).toMatchObject({ id: first.id, status: 'more', created_at: first.created_at })
  })

  it('AlertCache: a report has exactly its alerts', async () => {
    const one = { ...ALERT, alert_key: 'cache-1', description: 'one' }
    const two = { ...one, description: 'two' }
    const { id } = await world.take(one)
    await world.take(two)
    await world.take({ ...one, alert_key: 'cache-2' })
    const alerts = await world.read<object[]>(`report/${id}/alert`)
    expect(alerts).toMatchObject([one, two])
    expect(alerts).toHaveLength(2)
  })

  it('Finding: a report has the sections of its own attributes, in the order of their hashes', async () => {
    const values = ['10.0.0.1', '10.0.0.2']
    const { id } = await world.take({ ...ALERT, alert_key: 'finding-1', attributes: values.map(ipaddr) })
    const other = await world.take({ ...ALERT, alert_key: 'finding-2', attributes: [ipaddr('10.0.0.3')] })
    await world.published(other.id)
    const { sections } = await world.published(id)
    const found = (sections ?? []).map(({ attr }) => ({ ...attr, context: attr.context ?? [] }))
    expect(found.map(({ value }) => value).toSorted()).toEqual(values)
    expect(found.map(attributeHash)).toEqual(found.map(attributeHash).toSorted())
  })

  it('AttributeCache: an attribute is in a report once, as it was but for its time', async () => {
    const sent = [ipaddr('10.9.0.1'), ipaddr('10.9.0.1'), { ...ipaddr('10.9.0.1'), timestamp: '2026-03-02T00:00:00Z' }]
    const { id } = await world.take({ ...ALERT, alert_key: 'attribute', attributes: sent })
    await world.take({ ...ALERT, alert_key: 'attribute', attributes: [ipaddr('10.9.0.1')] })
    await world.published(id)
    const attributes = await world.read<{ value: string }[]>(`report/${id}/attribute`)
    expect(attributes.map(({ value }) => value)).toEqual(['10.9.0.1', 'mizutani'])
    expect(attributes[0]).toEqual(ipaddr('10.9.0.1'))
  })
})

describe('internal/usecase', () => {
  it('TestHandleAlert: the same alert id, the same report, whatever the rule is called', async () => {
    const alert = { detector: 'ao', rule_id: 'five', rule_name: 'fifth', alert_key: '5' }
    const first = await world.take(alert)
    expect((await world.take({ ...alert, rule_name: 'five' })).id).toBe(first.id)
    const others = [
      { ...alert, alert_key: '6' },
      { ...alert, rule_id: 'six' },
      { ...alert, detector: 'aka' },
    ]
    const ids = new Set([first.id])
    for (const other of others) ids.add((await world.take(other)).id)
    expect(ids.size).toBe(4)
    expect(await world.read<object[]>(`report/${first.id}/alert`)).toMatchObject([alert, { rule_name: 'five' }])
  })

  it.each(['detector', 'rule_id'])('TestHandleAlert: nothing is begun for an alert without %s', async (field) => {
    const key = `no-${field}`
    expect((await world.post({ ...ALERT, alert_key: key, [field]: '' })).status).toBe(400)
    const page = await world.desk.ask('reports.page', {
      filter: { severities: [], text: key, value: '' },
      upToSeq: null,
      offset: 0,
      limit: 10,
    })
    expect(page.rows).toEqual([])
  })
})

describe('lambda', () => {
  it('compileReport: what is reviewed has the alert, its attribute and the finding', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'compile', attributes: [username('blue')] })
    const { alerts, attributes, sections, result } = await world.published(id)
    expect([alerts?.length, attributes?.length, sections?.length]).toEqual([1, 2, 1])
    expect(result).toEqual({ severity: 'urgent', reason: 'not sane' })
  })

  it('publishReport: one message of the published report, whole', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'publish', attributes: [username('blue')] })
    await world.published(id)
    const published = world.emitted(id).filter(({ status }) => status === 'published')
    expect(published).toMatchObject([
      {
        id,
        alerts: [{ ...ALERT, alert_key: 'publish' }],
        attributes: [{ type: 'username', value: 'blue' }, { value: 'mizutani' }],
        sections: [{ attr: { value: 'blue' }, hosts: [{ owner: ['superman'] }] }],
      },
    ])
  })
})

describe('internal/models', () => {
  it('ReportEntry: id, result, status and time are the same after a restart', async () => {
    const own = await openInspectingWorld()
    const { id } = await own.take({ ...ALERT, alert_key: 'entry', attributes: [username('blue')] })
    await own.published(id)
    const before = await own.read<object>(`report/${id}`)
    await own.desk.restart()
    expect(await own.read<object>(`report/${id}`)).toEqual(before)
    expect(before).toMatchObject({ id, status: 'published', result: { severity: 'urgent', reason: 'not sane' } })
    await own.close()
  })
})

describe('test/workflow', () => {
  it('TestWorkflow: of one alert the emitter is told twice, the second time of the published report', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'workflow', attributes: [ipaddr('192.168.0.1')] })
    await world.published(id)
    expect(world.emitted(id).map(({ status }) => status)).toEqual(['new', 'published'])
  })

  it('TestNormalWorkflow: the alert’s attribute and the inspector’s, a finding, a message to the emitter', async () => {
    const { id } = await world.take({ ...ALERT, alert_key: 'normal', attributes: [ipaddr('192.168.0.2')] })
    const { attributes, sections } = await world.published(id)
    expect(attributes).toMatchObject([
      { type: 'ipaddr', value: '192.168.0.2' },
      { type: 'username', key: 'username', value: 'mizutani' },
    ])
    expect(sections).toHaveLength(1)
    expect(world.emitted(id).length).toBeGreaterThan(0)
  })

  it('TestNormalAggregation: two alerts of one id are one report with both attributes, and the inspector’s once', async () => {
    const blue = { ...ALERT, alert_key: 'aggregation', attributes: [username('blue')] }
    const orange = { ...blue, attributes: [username('orange')] }
    const first = await world.take(blue)
    expect(await world.take(orange)).toMatchObject({ id: first.id, status: 'more' })
    const { attributes, alerts } = await world.published(first.id)
    expect(alerts).toHaveLength(2)
    expect(attributes?.map(({ value }) => value).toSorted()).toEqual(['blue', 'mizutani', 'orange'])
  })

  it('a further alert takes no grade away from a published report, and is reviewed', async () => {
    const alert = { ...ALERT, alert_key: 'late', attributes: [username('blue')] }
    const { id } = await world.take(alert)
    await world.published(id)
    expect(await world.take({ ...alert, description: 'late' })).toMatchObject({ id, status: 'more' })
    expect((await world.read<{ result: object }>(`report/${id}`)).result).toMatchObject({ severity: 'urgent' })
    expect(await world.published(id)).toMatchObject({ alerts: [{}, { description: 'late' }] })
    const states = world.emitted(id).map(({ status, result }) => [status, result.severity])
    expect(states.at(0)).toEqual(['new', ''])
    expect(states.filter(([status]) => status === 'more').every(([, severity]) => severity === 'urgent')).toBe(true)
  })
})
