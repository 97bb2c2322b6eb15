import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import type { JsonValue } from '../../shared/model/json.ts'
import { playScenario, type Scenario } from '../fakes/scenario.ts'

interface Case {
  name: string
  note: string
  'alert.rego': string
  'action.rego': string
  scenario: Scenario
  expected_data_json: JsonValue
}

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

function cases(file: string): Case[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/golden', file), 'utf8')) as Case[]
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** Ids and times differ from run to run: they are compared by their order of appearance in the recorded text. */
function normalised(value: JsonValue, expected: JsonValue, ids: Map<string, string>): JsonValue {
  if (typeof value === 'string') {
    if (TIME.test(value)) return '<time>'
    if (!UUID.test(value)) return value
    if (!ids.has(value)) ids.set(value, typeof expected === 'string' ? expected : `<uuid-${ids.size + 1}>`)
    return ids.get(value) ?? value
  }
  if (Array.isArray(value))
    return value.map((element, index) =>
      normalised(element, Array.isArray(expected) ? (expected[index] ?? null) : null, ids),
    )
  if (value === null || typeof value !== 'object') return value
  const wanted = isObject(expected) ? expected : {}
  // What Tocsin adds beside AlertChain's fields (`called[].status`, `error`) stands where nothing was recorded.
  const entries = Object.entries(value).filter(
    ([key]) => !isObject(expected) || key in wanted || (key !== 'status' && key !== 'error'),
  )
  return Object.fromEntries(entries.map(([key, member]) => [key, normalised(member, wanted[key] ?? null, ids)]))
}

function isObject(value: JsonValue): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Of a recorded error only the message is compared: the rest is Go's stack and wrapping. */
function expectedOf(recorded: JsonValue): JsonValue {
  if (!isObject(recorded) || !isObject(recorded['error'] ?? null)) return recorded
  return { ...recorded, error: { message: (recorded['error'] as Record<string, JsonValue>)['message'] ?? '' } }
}

describe.each(['engine.json', 'engine-init-run-exit.json'])('%s', (file) => {
  it.each(cases(file).map((one) => [one.name, one.note, one] as const))('%s: %s', async (name, _note, one) => {
    const played = await playScenario(
      toolchain,
      { 'alert/t.rego': one['alert.rego'], 'action/main.rego': one['action.rego'] },
      one.scenario,
    )
    if (name.startsWith('02_same_id_twice')) {
      // An id runs once, also within one round (`design.md` §5); the original ran both.
      expect(JSON.stringify(played['results'])).toContain('"args":{"n":1}')
      expect(JSON.stringify(played['results'])).not.toContain('"args":{"n":2}')
      return
    }
    const expected = expectedOf(one.expected_data_json)
    expect(normalised(played, expected, new Map())).toEqual(expected)
  })
})
