import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { editedArgs, fieldsOf, textOf, valueOf } from './edit-fields.ts'

const arg = (key: string, value: JsonValue, more: { isSecret?: boolean; isEditable?: boolean } = {}) => ({
  key,
  value,
  isSecret: false,
  isEditable: true,
  ...more,
})
const schema = (properties: JsonObject, required: string[] = []): JsonValue => ({
  type: 'object',
  properties,
  required,
})

describe('fields', () => {
  it('come from the schema, in its order, with help and what is needed; then what it does not know', () => {
    const argsSchema = schema({ path: { type: 'string', description: 'The file' }, deep: { type: 'boolean' } }, [
      'path',
    ])
    const fields = fieldsOf({ args: [arg('other', [1]), arg('path', '/a')], argsSchema })
    expect(fields.map(({ key, kind, help, isRequired, value }) => [key, kind, help, isRequired, value])).toEqual([
      ['path', 'text', 'The file', true, '/a'],
      ['deep', 'choice', '', false, undefined],
      ['other', 'json', '', false, [1]],
    ])
  })

  it.each<[JsonObject, JsonValue | undefined, string]>([
    [{ type: 'string', enum: ['a', 'b'] }, undefined, 'choice'],
    [{ type: 'string', enum: ['a', 'b'] }, 'a', 'choice'],
    [{ type: 'string', enum: ['a', 'b'] }, 'gone', 'text'],
    [{ type: 'string', const: 'result' }, undefined, 'choice'],
    [{ type: 'integer' }, undefined, 'number'],
    [{ type: 'number' }, 1.5, 'number'],
    [{ anyOf: [{ type: 'string' }, { type: 'object' }] }, 'text', 'text'],
    [{ anyOf: [{ type: 'string' }, { type: 'object' }] }, { a: 1 }, 'json'],
    [{ $ref: '#/$defs/x' }, undefined, 'json'],
    [{ type: 'array' }, undefined, 'json'],
    [{}, null, 'json'],
  ])('%j with %j is a %s', (property, value, kind) => {
    const args = value === undefined ? [] : [arg('x', value)]
    expect(fieldsOf({ args, argsSchema: schema({ x: property }) })[0]?.kind).toBe(kind)
  })

  it('are locked where the card or the schema says so', () => {
    const args = [arg('fixed', 'a', { isEditable: false }), arg('key', '‹KEY›', { isSecret: true, isEditable: true })]
    const argsSchema = schema({
      secret_token: { type: 'string', writeOnly: true },
      id: { type: 'string', readOnly: true },
    })
    expect(fieldsOf({ args, argsSchema }).map(({ key, locked }) => [key, locked])).toEqual([
      ['secret_token', 'secret'],
      ['id', 'fixed'],
      ['fixed', 'fixed'],
      ['key', 'secret'],
    ])
  })

  it.each([null, [], 'x', { properties: 5, required: 'path' }])(
    'of the schema %j are those of the values',
    (argsSchema) => {
      expect(fieldsOf({ args: [arg('a', 'b')], argsSchema }).map(({ key, kind }) => [key, kind])).toEqual([
        ['a', 'text'],
      ])
    },
  )
})

describe('what is typed', () => {
  const argsSchema = schema(
    {
      path: { type: 'string' },
      deep: { type: 'boolean' },
      count: { type: 'integer' },
      list: { type: 'array' },
      secret_key: { type: 'string', writeOnly: true },
    },
    ['path'],
  )
  const fields = fieldsOf({ args: [arg('path', '/a'), arg('count', 3)], argsSchema })

  it('becomes a value of the argument’s type; what was not touched is not sent', () => {
    expect(fields.map(textOf)).toEqual(['/a', '', '3', '', ''])
    const texts = { path: '/a', deep: 'false', count: '4', list: '["x"]', secret_key: 'mine' }
    expect(editedArgs(fields, texts)).toEqual({ deep: false, count: 4, list: ['x'] })
    expect(editedArgs(fields, { deep: '', list: '' })).toEqual({})
  })

  it.each([
    ['path', '', 'This is needed'],
    ['count', '4 files', 'This is no number'],
    ['count', '', 'This is no number'],
    ['list', '["x"', 'This is no JSON'],
  ])('%s %j: %s', (key, text, error) => {
    const field = fields.find((each) => each.key === key)
    if (!field) expect.unreachable()
    expect(valueOf(field, text)).toEqual({ error })
    expect(editedArgs(fields, { [key]: text })).toBeNull()
  })
})
