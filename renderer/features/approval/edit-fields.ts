import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { argText } from './arguments.tsx'

/** What is typed into a field, and how it becomes a value. */
type FieldKind = 'text' | 'choice' | 'number' | 'json'

/** One argument as the edit dialog asks for it. */
export interface EditField {
  key: string
  kind: FieldKind
  /** What the argument is for, in the action's words */
  help: string
  isRequired: boolean
  /** Why it cannot be changed; null when it can */
  locked: 'secret' | 'fixed' | null
  /** What the policy asked for; undefined where it says nothing */
  value: JsonValue | undefined
  /** Of a `choice`: what may be chosen, as JSON values */
  choices: readonly JsonValue[]
}

/**
 * The fields of a card: one for each argument of the action's JSON Schema, in its order, then what the policy gives beyond it.
 * `readOnly` and `writeOnly` of the schema mark what may not be changed and what only the vault fills.
 */
export function fieldsOf({ args, argsSchema }: Pick<ApprovalCard, 'args' | 'argsSchema'>): EditField[] {
  const schema = objectOf(argsSchema)
  const properties = objectOf(schema['properties'])
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const given = new Map(args.map((arg) => [arg.key, arg]))
  const keys = [...new Set([...Object.keys(properties), ...given.keys()])]
  return keys.map((key) => {
    const property = objectOf(properties[key])
    const arg = given.get(key)
    const isSecret = arg?.isSecret ?? property['writeOnly'] === true
    const isFixed = arg ? !arg.isEditable : property['readOnly'] === true
    return {
      key,
      kind: kindOf(property, arg?.value),
      help: typeof property['description'] === 'string' ? property['description'] : '',
      isRequired: required.includes(key),
      locked: isSecret ? 'secret' : isFixed ? 'fixed' : null,
      value: arg?.value,
      choices: choicesOf(property),
    }
  })
}

/** The text that a field begins with; '' where the policy says nothing. */
export function textOf({ kind, value }: EditField): string {
  if (value === undefined) return ''
  return kind === 'choice' ? JSON.stringify(value) : argText(value)
}

/** @returns the value of what was typed, or why there is none */
export function valueOf(field: EditField, text: string): { value: JsonValue } | { error: string } {
  if (text === '' && field.isRequired) return { error: 'This is needed' }
  switch (field.kind) {
    case 'text':
      return { value: text }
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? { value: Number(text) } : { error: 'This is no number' }
    case 'choice':
    case 'json':
      try {
        return { value: JSON.parse(text) as JsonValue }
      } catch {
        return { error: 'This is no JSON' }
      }
  }
}

/** The arguments that differ from what the policy asked for; null while one of them is wrong. */
export function editedArgs(fields: readonly EditField[], texts: Readonly<Record<string, string>>): JsonObject | null {
  const edited: JsonObject = {}
  for (const field of fields) {
    const text = texts[field.key]
    if (field.locked !== null || text === undefined || text === textOf(field)) continue
    const read = valueOf(field, text)
    if ('error' in read) return null
    edited[field.key] = read.value
  }
  return edited
}

/** A value that is there decides where the schema allows several types: text stays text. */
function kindOf(property: JsonObject, value: JsonValue | undefined): FieldKind {
  const isAllowed = value === undefined || choicesOf(property).some((choice) => sameJson(choice, value))
  if (choicesOf(property).length > 0 && isAllowed) return 'choice'
  const type = value === undefined ? property['type'] : jsonType(value)
  if (type === 'string') return 'text'
  return type === 'number' || type === 'integer' ? 'number' : 'json'
}

function choicesOf(property: JsonObject): readonly JsonValue[] {
  if (Array.isArray(property['enum'])) return property['enum']
  if (property['const'] !== undefined) return [property['const']]
  return property['type'] === 'boolean' ? [true, false] : []
}

function jsonType(value: JsonValue): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function sameJson(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
