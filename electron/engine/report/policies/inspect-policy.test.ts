import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { readInspections } from './inspect-policy.ts'

const NOTHING = { args: {}, summary: '', findings: [], attributes: [] }

function read(...inspect: JsonValue[]): ReturnType<typeof readInspections> {
  return readInspections({ inspect })
}

describe('what an inspect policy says of an attribute', () => {
  it('is the actions to ask, in its order and each once', () => {
    const ask = { uses: 'history', args: { type: 'ipaddr', value: '192.0.2.1' } }
    expect(
      read(ask, { Uses: 'dns.lookup', args: null }, { args: { value: '192.0.2.1', type: 'ipaddr' }, uses: 'history' }),
    ).toEqual([
      { ...NOTHING, ...ask },
      { ...NOTHING, uses: 'dns.lookup' },
    ])
  })

  it('asks one action once by whichever of its names', () => {
    const args = { secret_api_key: 'k' }
    expect(read({ uses: 'chatgpt.query', args }, { uses: 'chatgpt.comment_alert', args })).toHaveLength(1)
  })

  it.each([[undefined], [null], [{}], [{ inspect: null }], [{ inspect: [] }], [{ other: 1 }]])(
    'is nothing where the document is %j',
    (document) => expect(readInspections(document)).toEqual([]),
  )

  it('is what it knows by itself, for which nothing runs, in DeepAlert’s forms', () => {
    const host = {
      type: 'host',
      content: { ipaddr: ['10.1.2.3'], owner: ['superman'], activities: null, colour: 'blue' },
    }
    const attribute = { type: 'username', key: 'owner', value: 'superman', context: null }
    expect(
      read({ findings: [host], attributes: [attribute], summary: 'A host of ours' }, { uses: '', findings: [host] }),
    ).toEqual([
      {
        uses: '',
        args: {},
        summary: 'A host of ours',
        findings: [{ type: 'host', content: { ipaddr: ['10.1.2.3'], owner: ['superman'] } }],
        attributes: [{ type: 'username', key: 'owner', value: 'superman', context: [] }],
      },
      { ...NOTHING, uses: '', findings: [{ type: 'host', content: { ipaddr: ['10.1.2.3'], owner: ['superman'] } }] },
    ])
    expect(read({ findings: [] })).toEqual([{ ...NOTHING, uses: '' }])
  })

  it('keeps a value of its own as it is, nulls and all', () => {
    const content = { known: null, list: [null] }
    expect(read({ findings: [{ type: 'result', content }] })[0]?.findings).toEqual([{ type: 'result', content }])
  })

  it.each<[string, JsonValue, string]>([
    ['an object instead of a list', { uses: 'x' }, 'data.inspect is an object'],
    ['a text in the list', ['history'], 'inspect[0] is a string'],
    ['a number as uses', [{ uses: 1 }], 'inspect[0].uses is a number'],
    ['a list as args', [{ uses: 'history', args: [] }], 'inspect[0].args is an array'],
    ['a text as findings', [{ findings: 'none' }], 'inspect[0].findings is a string'],
    ['an object as attributes', [{ attributes: {} }], 'inspect[0].attributes is an object'],
    ['a number as summary', [{ findings: [], summary: 1 }], 'inspect[0].summary is a number'],
    [
      'a finding of unknown type',
      [{ findings: [{ type: 'cloud', content: {} }] }],
      'inspect[0].findings[0] has the type "cloud"',
    ],
    ['a finding without type', [{ findings: [{ content: {} }] }], 'inspect[0].findings[0] has the type null'],
    [
      'a text where a list belongs',
      [{ findings: [{ type: 'host', content: { os: 'x' } }] }],
      'inspect[0].findings[0].content.os',
    ],
    [
      'an attribute without a value',
      [{ attributes: [{ type: 'ipaddr', key: 'k' }] }],
      'inspect[0].attributes[0].value',
    ],
    [
      'an action and findings in one',
      [{ uses: 'history', findings: [] }],
      'inspect[0] names the action history and says itself',
    ],
    ['an element that says nothing', [{ use: 'history' }], 'inspect[0] names no action'],
    ['more than an attribute is asked about', manyQuestions(33), 'asks 33 things about one attribute, at most 32'],
  ])('%s is a problem that names the place', (_name, inspect, message) => {
    expect(() => readInspections({ inspect })).toThrow(
      expect.objectContaining({ code: 'policy_result', message: expect.stringContaining(message) as string }),
    )
  })

  it('takes as many questions as there may be', () => {
    expect(read(...manyQuestions(32), ...manyQuestions(32))).toHaveLength(32)
  })
})

function manyQuestions(count: number): JsonValue[] {
  return Array.from({ length: count }, (_, number) => ({ uses: 'history', args: { number } }))
}
