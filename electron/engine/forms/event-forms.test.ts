import { assert, jsonValue, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { canonicalJson } from './canonical.ts'
import { eventForms, rawForm, rawText } from './event-forms.ts'

describe('the raw text of an event', () => {
  it.each<[JsonValue, string]>([
    [null, 'null\n'],
    [{}, '{}\n'],
    [{ a: [] }, '{\n  "a": []\n}\n'],
    [{ v: 1 }, '{\n  "v": 1\n}\n'],
    ['{"color": "blue"}', '"{\\"color\\": \\"blue\\"}"\n'],
    [{ b: 1e21, a: 1e-7 }, '{\n  "a": 1e-7,\n  "b": 1e+21\n}\n'],
    [{ a: '<&>\u2028\u2029' }, '{\n  "a": "\\u003c\\u0026\\u003e\\u2028\\u2029"\n}\n'],
    [{ '<': 1 }, '{\n  "\\u003c": 1\n}\n'],
    [{ 10: 1, 9: 2, a: 3 }, '{\n  "10": 1,\n  "9": 2,\n  "a": 3\n}\n'],
    [JSON.parse('{"__proto__":{"x":1},"_":2}') as JsonValue, '{\n  "_": 2,\n  "__proto__": {\n    "x": 1\n  }\n}\n'],
    [{ '\u{1F600}': 1, '\uE000': 2 }, '{\n  "\uE000": 2,\n  "\u{1F600}": 1\n}\n'],
    [{ a: '\uD800' }, '{\n  "a": "\uFFFD"\n}\n'],
    [{ a: '\\ud800' }, '{\n  "a": "\\\\ud800"\n}\n'],
  ])('of %j is that of AlertChain', (event, expected) => {
    expect(rawText(event)).toBe(expected)
  })

  it('means the same value, whatever it is', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(JSON.parse(rawText(value as JsonValue))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each(['', '"9":1,'])('of many values deep down stays within a few times their size', (misplaced) => {
    const deep = 400
    const body = `${`{${misplaced}"a":`.repeat(deep)}[${'1,'.repeat(300_000)}1]${'}'.repeat(deep)}`
    const event = JSON.parse(body) as JsonValue
    const raw = rawText(event)
    expect(raw.length).toBeLessThan(2 * body.length)
    expect(JSON.stringify(JSON.parse(raw))).toBe(JSON.stringify(event))
  })

  it('is the same whether it was made with the event or later', () => {
    assert(
      property(jsonValue(), (value) => {
        const event = { text: JSON.stringify(value), value: value as JsonValue }
        expect(rawForm(eventForms(event, { withRaw: false }))).toBe(rawForm(eventForms(event)))
        expect(eventForms(event)).toEqual({ json: event.text, raw: canonicalJson(rawText(event.value)) })
      }),
    )
  })
})
