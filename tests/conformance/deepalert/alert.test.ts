import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'
import { alertIdOf } from '../../../electron/engine/report/deepalert/alert-id.ts'
import { attributeHash } from '../../../electron/engine/report/deepalert/attribute-hash.ts'
import {
  findAttributes,
  isMatch,
  type DeepAlertAlert,
} from '../../../electron/engine/report/deepalert/deepalert-alert.ts'
import { readAlert } from '../../../electron/engine/report/deepalert/read-alert.ts'

const MYADDR: ReportAttribute = { type: 'ipaddr', key: 'myaddr', value: '', context: ['remote', 'subject'] }

/** @throws when DeepAlert would not take it */
function alertOf(fields: JsonObject): DeepAlertAlert {
  const read = readAlert(JSON.stringify({ detector: 'det', rule_id: 'rid', ...fields }))
  if (!('alert' in read)) throw new Error(read.message)
  return read.alert
}

function faultOf(fields: JsonObject): string | null {
  const read = readAlert(JSON.stringify({ detector: 'det', rule_id: 'rid', ...fields }))
  return 'alert' in read ? null : read.message
}

function invalid(what: string): string {
  return `Invalid alert format: ${what}: Invalid Alert parameter: Invalid Alert parameter`
}

it.each([
  ['', '', '', '71546855d6279ef70d20909b292c42c2dcb02cd06bde01485da52d13e304ebf4'],
  [
    'your-anti-virus',
    'detect-malware-by-av',
    'xxxxxxxx',
    'b10fb1ed43252be7cabd4e6a582c60be0d260d1ef9164057221a6f801e6fbbbc',
  ],
  ['ao', 'five', '5', '9ce24c33b6ecff3b1244a3957297e7caaa48078082311fa7db4284e0cc77b7cf'],
  ['日本', 'r', '', '7e26c6f6d60585e657ab72728e93283f3064bbb5841940e423f39826f3a49ec2'],
])('gives the alert id of (%s, %s, %s)', (detector, ruleId, alertKey, id) => {
  expect(alertIdOf(detector, ruleId, alertKey)).toBe(`alert:${id}`)
})

it('TestLookupAttribute', () => {
  const alert = alertOf({ attributes: [{ type: 'ipaddr', key: 'myaddr', value: '', context: ['remote', 'subject'] }] })
  const [attribute, ...more] = findAttributes(alert, 'myaddr')
  if (!attribute) throw new Error('It was not found')
  expect(more).toEqual([])
  expect(isMatch(attribute, { context: 'remote', type: 'ipaddr' })).toBe(true)
  expect(isMatch(attribute, { context: 'local', type: 'ipaddr' })).toBe(false)
  expect(isMatch(attribute, { context: 'subject', type: 'username' })).toBe(false)
  expect(findAttributes(alert, 'invalid key')).toEqual([])
})

describe('TestAttributeHash', () => {
  it('is never empty, and another for another key', () => {
    expect(attributeHash(MYADDR)).toMatch(/^[0-9a-f]{64}$/)
    expect(attributeHash({ ...MYADDR, key: 'another' })).not.toBe(attributeHash(MYADDR))
  })

  it('is DeepAlert’s, in whatever order the contexts come', () => {
    const hash = '561b41b7820bf55d387d0506d349bcc2d65442c6c8d4f39b090d395f38f7a094'
    const reversed = { ...MYADDR, context: ['subject', 'remote'] }
    expect([MYADDR, reversed].map(attributeHash)).toEqual([hash, hash])
    expect(reversed.context).toEqual(['subject', 'remote'])
  })

  it('is that of an absent context where there is none', () => {
    const empty: ReportAttribute = { type: '', key: '', value: '', context: [] }
    expect(attributeHash(empty)).toBe('103a32f6757e6fc28eeae4a55b694a42dc12909ec823187d6e7a627d7ca418fd')
  })

  it('is the same with another time: one address is inspected once', () => {
    const seen: ReportAttribute = { ...MYADDR, timestamp: '2026-03-01T00:00:00Z' }
    expect(attributeHash(seen)).toBe(attributeHash(MYADDR))
  })
})

describe('TestValidate', () => {
  it('takes a detector and a rule id', () => {
    expect(faultOf({})).toBeNull()
  })

  it.each([
    ['detector', 'Alert.Detector is required'],
    ['rule_id', 'Alert.RuleID is required'],
  ])('asks for %s', (field, what) => {
    for (const value of ['', null]) expect(faultOf({ [field]: value })).toBe(invalid(what))
  })

  it.each([
    ['detector', 'Alert.Detector', 1024],
    ['rule_id', 'Alert.RuleID', 1024],
    ['rule_name', 'Alert.RuleName', 1024],
    ['alert_key', 'Alert.AlertKey', 1024],
    ['description', 'Alert.Description', 4096],
  ])('takes a %s of so many bytes and no more', (field, name, max) => {
    const tooLong = invalid(`${name} exceeds maximum length`)
    expect(faultOf({ [field]: 'x'.repeat(max) })).toBeNull()
    expect(faultOf({ [field]: 'x'.repeat(max + 1) })).toBe(tooLong)
    // Two bytes each: bytes count, not characters.
    expect(faultOf({ [field]: 'é'.repeat(max / 2) })).toBeNull()
    expect(faultOf({ [field]: 'é'.repeat(max / 2 + 1) })).toBe(tooLong)
  })

  it.each([
    ['key', 'Attribute.Key'],
    ['value', 'Attribute.Value'],
  ])('takes an attribute with a %s of 1024 bytes and no more', (field, name) => {
    const attributes = (length: number): JsonObject => ({ attributes: [{ [field]: 'x'.repeat(length) }] })
    expect(faultOf(attributes(1024))).toBeNull()
    expect(faultOf(attributes(1025))).toBe(invalid(`${name} exceeds maximum length`))
  })

  it('takes 100 attributes and no more', () => {
    const attributes = (count: number): JsonObject => ({ attributes: Array.from({ length: count }, () => ({})) })
    expect(faultOf(attributes(100))).toBeNull()
    expect(faultOf(attributes(101))).toBe(invalid('Alert.Attributes exceeds maximum count'))
  })

  it('takes a body of 65,536 bytes of compact JSON, written as Go writes it, and no more', () => {
    const tooLarge = invalid('Alert.Body exceeds maximum size')
    expect(faultOf({ body: 'x'.repeat(65_534) })).toBeNull()
    expect(faultOf({ body: 'x'.repeat(65_535) })).toBe(tooLarge)
    expect(faultOf({ body: '<'.repeat(10_922) })).toBeNull()
    expect(faultOf({ body: '<'.repeat(10_923) })).toBe(tooLarge)
  })

  it('says the first fault in DeepAlert’s order', () => {
    expect(faultOf({ detector: '', rule_id: '', body: 'x'.repeat(65_535) })).toBe(invalid('Alert.Detector is required'))
    expect(faultOf({ description: 'x'.repeat(5000), attributes: [{ key: 'x'.repeat(1025) }] })).toBe(
      invalid('Alert.Description exceeds maximum length'),
    )
  })

  it('does not look at types, contexts and times of attributes', () => {
    const context = Array.from({ length: 200 }, () => 'x'.repeat(2000))
    expect(faultOf({ attributes: [{ type: 'x'.repeat(2000), context, timestamp: '1970-01-01T00:00:00Z' }] })).toBeNull()
  })
})
