// AlertChain's `pkg/domain/model/*_test.go` (`behaviour/alertchain.md` §10.5); TestParseScenario is among the tests of `play`.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineAction, type PreparedAction } from '../../../electron/engine/actions/action-definition.ts'
import { tidy } from '../../../electron/engine/policy/attributes.ts'
import { checkCommits, resolveCommits } from '../../../electron/engine/chain/rounds/commit-path.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { AlertChainWorld } from '../../fakes/alert-chain.ts'

describe('TestActionArgsParser', () => {
  const args = { foo: 'bar', bar: 123, baz: 3.14, raw: 'raw', ss: ['a', 'b'] }

  /** Reads arguments as an action that declares these types does. @returns what the action gets */
  function parse<Args extends JsonObject>(schema: z.ZodType<Args>, given: JsonObject): JsonValue {
    let got: JsonValue = null
    const prepared: PreparedAction = defineAction<Args>({
      uses: 'test.parse',
      args: schema,
      secretArgs: [],
      lockedArgs: [],
      timeoutMs: 1000,
      retryDelaysMs: [],
      undo: null,
      effect: () => 'observe',
      title: (read) => {
        got = read
        return ''
      },
      target: () => '',
      effectSentence: () => '',
      isIdempotent: () => true,
      plan: () => Promise.resolve({ rows: [], bound: null }),
      run: () => Promise.resolve(null),
    }).prepare(given)
    expect(prepared.effect).toBe('observe')
    return got
  }

  it('reads all with their types', () => {
    const schema = z.object({
      foo: z.string(),
      bar: z.int(),
      baz: z.number(),
      raw: z.string(),
      ss: z.array(z.string()),
    })
    expect(parse(schema, args)).toEqual(args)
  })

  it('reads a part', () => {
    expect(parse(z.object({ foo: z.string(), ss: z.array(z.string()) }), args)).toEqual({ foo: 'bar', ss: ['a', 'b'] })
  })

  it('refuses foo as an integer', () => {
    expect(() => parse(z.object({ foo: z.int() }), args)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
  })
})

it('TestTidyAttributes', () => {
  const attribute = (id: string, key: string): Attribute => ({ id, key, value: null, type: '', persist: false, ttl: 0 })
  const tidied = tidy(
    [attribute('1', 'attr1'), attribute('2', 'attr2'), attribute('1', 'attr1_updated'), attribute('3', 'attr3')],
    () => 'new',
  )
  expect(tidied.map(({ id, key }) => [id, key])).toEqual([
    ['1', 'attr1_updated'],
    ['2', 'attr2'],
    ['3', 'attr3'],
  ])
})

describe('commits', () => {
  const commit = (path: string, value: JsonValue = null) => [
    { id: '', key: 'k', value, type: '', persist: false, ttl: 0, path },
  ]
  const attributes = (path: string, value: JsonValue, result: JsonValue): JsonValue[] => {
    checkCommits(commit(path, value))
    return resolveCommits(commit(path, value), result).map((stored) => stored.value)
  }

  it('TestInvalidPath', () => expect(attributes('$.invalid', null, { hoge: 'fuga' })).toEqual([]))

  it('TestEmptyPathWithValue', () => expect(attributes('', 'fuga', { hoge: 'fuga' })).toEqual(['fuga']))

  it('TestEmptyPathWithoutValue', async () => {
    expect(() => attributes('', null, { hoge: 'fuga' })).toThrow(expect.objectContaining({ code: 'commit_empty' }))
    const world = await AlertChainWorld.open(
      {
        'alert.rego': 'package alert.a\n\nalert contains {"title": "a"}\n',
        'action.rego': 'package action\n\nrun contains {"id": "x", "uses": "mock", "commit": [{"key": "hoge"}]}\n',
      },
      { mock: () => ({ hoge: 'fuga' }) },
    )
    const [alert] = await world.handle('a', null)
    await world.close()
    expect(alert).toMatchObject({
      chain: { state: 'failed' },
      actions: [{ error: { code: 'commit_empty' } }],
      attrs: [],
    })
    expect(world.calls).toEqual([])
  })

  it('TestValidPath', () => expect(attributes('$.hoge', null, { hoge: 'fuga' })).toEqual(['fuga']))

  it('TestGetArrayObject', () => expect(attributes('$.array[0]', null, { array: ['fuga'] })).toEqual(['fuga']))
})
