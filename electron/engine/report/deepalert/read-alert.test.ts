import { describe, expect, it } from 'vitest'
import { readAlert, unwrapMessage } from './read-alert.ts'

function read(text: string): unknown {
  const alert = readAlert(text)
  return 'alert' in alert ? alert.alert : alert
}

it('fills in what is not there as DeepAlert does', () => {
  expect(read('{"detector":"d","rule_id":"r","attributes":[{"key":"k","context":[null,"remote"]},null]}')).toEqual({
    detector: 'd',
    rule_name: '',
    rule_id: 'r',
    alert_key: '',
    description: '',
    timestamp: '0001-01-01T00:00:00Z',
    attributes: [
      { type: '', key: 'k', value: '', context: ['', 'remote'] },
      { type: '', key: '', value: '', context: null },
    ],
  })
  expect(read('{"detector":"d","rule_id":"r"}')).toMatchObject({ attributes: null })
})

it('knows fields in any case, takes the last of a name, and passes over what it does not know', () => {
  const alert =
    '{"DETECTOR":"a","Detector":"d","Rule_ID":"r","__proto__":{"rule_name":"x"},"constructor":1,"body":false}'
  expect(read(alert)).toMatchObject({ detector: 'd', rule_id: 'r', rule_name: '', body: false })
})

it.each([
  ['2026-03-01T12:00:00.120Z', '2026-03-01T12:00:00.12Z'],
  ['2026-03-01T12:00:00.000+00:00', '2026-03-01T12:00:00Z'],
  ['2026-03-01T12:00:00.1234567891+09:00', '2026-03-01T12:00:00.123456789+09:00'],
])('writes the time %s as Go does', (given, written) => {
  expect(read(JSON.stringify({ detector: 'd', rule_id: 'r', timestamp: given }))).toMatchObject({ timestamp: written })
})

describe('says why a text is no alert', () => {
  it.each([
    ['', 'EOF'],
    ['"text"', 'json: cannot unmarshal string into Go value of type deepalert.Alert'],
    ['[]', 'json: cannot unmarshal array into Go value of type deepalert.Alert'],
    ['{"detector":1}', 'json: cannot unmarshal number into Go struct field Alert.detector of type string'],
    [
      '{"attributes":{}}',
      'json: cannot unmarshal object into Go struct field Alert.attributes of type []deepalert.Attribute',
    ],
    ['{"attributes":[true]}', 'json: cannot unmarshal bool into Go value of type deepalert.Attribute'],
    [
      '{"attributes":[{"context":"remote"}]}',
      'json: cannot unmarshal string into Go struct field Attribute.context of type []deepalert.AttrContext',
    ],
    [
      '{"timestamp":"yesterday"}',
      'json: cannot unmarshal string into Go struct field Alert.timestamp of type time.Time (RFC 3339)',
    ],
    [
      '{"timestamp":"2026-02-30T00:00:00Z"}',
      'json: cannot unmarshal string into Go struct field Alert.timestamp of type time.Time (RFC 3339)',
    ],
    ['{"detector":', 'Unexpected end of JSON input'],
  ])('%s', (text, message) => {
    expect(readAlert(text)).toEqual({ kind: 'malformed', message })
  })
})

describe('unwraps', () => {
  it('the message of SNS', () => {
    const envelope = { Type: 'Notification', MessageId: 'm', Message: '{"detector":"d"}' }
    expect(unwrapMessage(JSON.stringify(envelope))).toEqual({ text: '{"detector":"d"}', envelope })
  })

  it.each(['{"Message":""}', '{"Message":7}', '{"Message":null}', '{"message":"x"}', '[{"Message":"x"}]', 'no JSON'])(
    'nothing from %s',
    (text) => {
      expect(unwrapMessage(text)).toEqual({ text, envelope: null })
    },
  )
})
