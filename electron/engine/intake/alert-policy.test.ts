import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { alertsOf } from './alert-policy.ts'

function read(alert: JsonValue, schema = 'scan'): ReturnType<typeof alertsOf> {
  let count = 0
  const newId = (): string => `id-${++count}`
  return alertsOf({ alert }, schema, () => newId)
}

describe('an alert policy result', () => {
  it('becomes alerts in its order, with the zero value where nothing is said', () => {
    expect(read([{ title: 'b' }, { title: 'a' }]).map(({ title }) => title)).toEqual(['b', 'a'])
    expect(read([{}])[0]).toMatchObject({
      title: '',
      description: '',
      source: '',
      namespace: '',
      severity: 'info',
      attrs: [],
      refs: [],
      tags: [],
    })
  })

  it.each([[undefined], [null], [{}], [{ other: 1 }], [{ alert: null }], [{ alert: [] }]])(
    '%j is no alert',
    (document) => {
      expect(alertsOf(document, 'scan', () => () => '')).toEqual([])
    },
  )

  it('is read by Go’s rules: names in any case, null is the zero value, unknown fields are ignored', () => {
    const [alert] = read([{ TITLE: 't', Attrs: [{ Key: 'k', VALUE: 1 }], description: null, id: 'mine', schema: 'x' }])
    expect(alert).toMatchObject({ title: 't', description: '', attrs: [{ id: 'id-1', key: 'k', value: 1 }] })
    expect(alert).not.toHaveProperty('id')
  })

  it('gives attributes ids and lets a later one with the same id replace the earlier at its place', () => {
    const [alert] = read([
      {
        attrs: [
          { id: '1', key: 'a', value: 1, persist: true, ttl: 60 },
          { id: '2', key: 'b', value: 2 },
          { id: '1', key: 'c', value: 3 },
          { id: null, key: 'd', value: null, global: true },
        ],
      },
    ])
    expect(alert?.attrs).toEqual([
      { id: '1', key: 'c', value: 3, type: '', persist: false, ttl: 0 },
      { id: '2', key: 'b', value: 2, type: '', persist: false, ttl: 0 },
      { id: 'id-1', key: 'd', value: null, type: '', persist: true, ttl: 0 },
    ])
  })

  it.each<[string, JsonValue, string]>([
    ['an object instead of a list', { title: 'x' }, 'data.alert is an object'],
    ['a text instead of a list', 'x', 'data.alert is a string'],
    ['a text in the list', ['x'], 'alert[0] is a string'],
    ['a number as title', [{ title: 5 }], 'alert[0].title is a number'],
    ['a list as source', [{ title: 'x' }, { source: [] }], 'alert[1].source is an array'],
    ['an object as attrs', [{ attrs: { a: 1 } }], 'alert[0].attrs is an object'],
    ['a text among attrs', [{ attrs: ['x'] }], 'alert[0].attrs[0] is a string'],
    ['a number as key', [{ attrs: [{ key: 1 }] }], 'alert[0].attrs[0].key is a number'],
    ['a fraction as ttl', [{ attrs: [{ ttl: 1.5 }] }], 'alert[0].attrs[0].ttl is a number'],
    ['a text as persist', [{ attrs: [{ persist: 'yes' }] }], 'alert[0].attrs[0].persist is a string'],
    ['a text as refs', [{ refs: 'x' }], 'alert[0].refs is a string'],
    ['a number as url', [{ refs: [{ url: 1 }] }], 'alert[0].refs[0].url is a number'],
    ['more alerts than an inbox takes', Array.from({ length: 1001 }, () => ({})), 'made 1001 alerts'],
  ])('%s is a problem that names the place', (_name, alert, message) => {
    expect(() => read(alert)).toThrow(
      expect.objectContaining({ code: 'policy_result', message: expect.stringContaining(message) as string }),
    )
  })

  it.each<[JsonValue, string]>([
    ['critical', 'critical'],
    ['HIGH', 'high'],
    ['urgent', 'info'],
    [8, 'info'],
    [null, 'info'],
  ])('severity %j is %s: AlertChain ignores the field, so no value of it loses an alert', (severity, expected) => {
    expect(read([{ severity }])[0]?.severity).toBe(expected)
  })

  it('takes what reports group by, where it is text', () => {
    expect(read([{ detector: 'guardduty', rule_id: 'r-1', alert_key: 'i-1' }])[0]).toMatchObject({
      detector: 'guardduty',
      ruleId: 'r-1',
      alertKey: 'i-1',
    })
    expect(read([{ detector: 5 }])[0]).toMatchObject({ detector: '', ruleId: '', alertKey: '' })
  })

  it('takes tags as texts, each once', () => {
    expect(read([{ tags: ['a', 'b', 'a', 1] }])[0]?.tags).toEqual(['a', 'b'])
    expect(read([{ tags: 'a' }])[0]?.tags).toEqual([])
  })

  const keyOf = (alert: JsonValue, schema?: string): string | undefined => read([alert], schema)[0]?.dedupKey

  it('folds by the policy’s key, a long one by its hash', () => {
    expect(keyOf({ title: 't', dedup: 'own' })).toBe('own')
    expect(keyOf({ title: 't', dedup: ['a', 1] })).toBe('["a",1]')
    const long = 'k'.repeat(1000)
    expect(keyOf({ dedup: long })).toMatch(/^[0-9a-f]{64}$/)
    expect(keyOf({ dedup: long })).toBe(keyOf({ title: 'other', dedup: long }))
    expect(keyOf({ dedup: long })).not.toBe(keyOf({ dedup: `${long}k` }))
  })

  it('folds without one by schema, title and every attribute, in whatever order', () => {
    const [k, l] = [
      { key: 'k', value: 1, type: 'number' },
      { key: 'l', value: 'two', type: 'markdown' },
    ]
    const base = { title: 't', source: 's', attrs: [k, l] }
    const same = { ...base, source: 'u', description: 'other', severity: 'high', tags: ['x'] }
    expect(keyOf(base)).toBe(keyOf(same))
    expect(keyOf(base)).toBe(keyOf({ ...base, attrs: [l, { ...k, id: 'own', persist: true, ttl: 9 }] }))
    const others = [[k], [k, k, l], [{ ...k, value: '1' }, l], [k, { ...l, type: '' }], [{ ...k, key: 'm' }, l]]
    const keys = [
      keyOf({ ...base, title: 'u' }),
      keyOf(base, 'other'),
      ...others.map((attrs) => keyOf({ ...base, attrs })),
    ]
    expect(new Set([keyOf(base), ...keys]).size).toBe(keys.length + 1)
  })
})
