import type { JsonValue } from '../../../shared/model/json.ts'
import {
  content,
  reportAttribute,
  type Content,
  type Inspected,
  type ReportAttribute,
} from '../../../shared/model/report.ts'

const TYPES: ReadonlySet<string> = new Set(['user', 'host', 'binary', 'result'])

/** An attribute as an inspector gives it: `context` may be missing. */
const givenAttribute = reportAttribute.partial({ context: true })

/** Go writes what is empty as null: it says nothing. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const told = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(told.map(([name, member]) => [name, withoutNulls(member)]))
}

/**
 * The result of an action that has no reading of its own. One that says what it found in DeepAlert's form (`findings` with
 * `type` and `content`, `attributes`, a `summary`) is read so; every other is one finding of type `result`.
 * @throws Error names what is in no known form
 */
export function readInspected(result: JsonValue): Inspected {
  const given = typeof result === 'object' && result !== null && !Array.isArray(result) ? result : {}
  if (!Array.isArray(given['findings']) && !Array.isArray(given['attributes']))
    return { summary: '', findings: result === null ? [] : [{ type: 'result', content: result }], attributes: [] }
  const { findings = [], attributes = [], summary = '' } = given
  return {
    summary: typeof summary === 'string' ? summary : '',
    findings: listOf(findings, 'findings').map((one, index) => read(one, index)),
    attributes: listOf(attributes, 'attributes').map((one, index) => attributeOf(one, index)),
  }
}

function listOf(value: JsonValue, name: string): JsonValue[] {
  if (Array.isArray(value)) return value
  throw new Error(`${name} is no list`)
}

function read(value: JsonValue, index: number): Content {
  const type = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value['type'] ?? null) : null
  const parsed = content.safeParse(type === 'result' ? value : withoutNulls(value))
  if (parsed.success) return parsed.data
  if (typeof type !== 'string' || !TYPES.has(type))
    throw new Error(`findings[${index}] has the type ${JSON.stringify(type)}: user, host, binary and result are known`)
  const issue = parsed.error.issues[0]
  throw new Error(`findings[${index}].${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is in no known form'}`)
}

function attributeOf(value: JsonValue, index: number): ReportAttribute {
  const parsed = givenAttribute.safeParse(withoutNulls(value))
  if (parsed.success) return { ...parsed.data, context: parsed.data.context ?? [] }
  const issue = parsed.error.issues[0]
  throw new Error(`attributes[${index}].${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no attribute'}`)
}
