import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../shared/model/json.ts'
import { checkCommits, resolveCommits } from './commit-path.ts'

const RESULT = {
  hoge: 'fuga',
  n: 5,
  none: null,
  empty: '',
  a: {
    b: [
      { id: 1, s: 'p' },
      { id: 2, s: 'q' },
    ],
    which: 's',
  },
  arr: [10, 11, 12, 13],
  nested: [
    [1, 2],
    [3, 4],
  ],
  'a b': { 'k.k': 1 },
  'x-y': 2,
  größe: 3,
  choices: [{ message: { content: 'text' } }],
  deep: { key: 1, more: { key: 2 } },
  index: 1,
  name: 'hoge',
}

const commit = (path: string, value: JsonValue = null) => ({
  id: '',
  key: 'k',
  value,
  type: '',
  persist: false,
  ttl: 0,
  path,
})
/** What is stored; undefined: nothing. */
const stored = (path: string, result: JsonValue = RESULT, value: JsonValue = null): JsonValue | undefined =>
  resolveCommits([commit(path, value)], result)[0]?.value

describe('a plain path gives one value', () => {
  it.each<[string, JsonValue]>([
    ['$.hoge', 'fuga'],
    ['hoge', 'fuga'],
    ['@.hoge', 'fuga'],
    ['  $.hoge ', 'fuga'],
    ['a.b[0]', { id: 1, s: 'p' }],
    ['a.b[1].s', 'q'],
    ['$.a.b[1]["s"]', 'q'],
    ['choices[0].message.content', 'text'],
    ['$.choices[0].message.content', 'text'],
    ['$["a b"]["k.k"]', 1],
    ["$['a b']['k.k']", 1],
    ['["a b"]["k.k"]', 1],
    ['$["x-y"]', 2],
    ['größe', 3],
    ['$.arr[-1]', 13],
    ['$.nested[1][0]', 3],
    ['$.none', null],
    ['$.empty', ''],
    ['$.arr[(@.index)]', 'no match'],
    ['$.arr[($.index)]', 11],
    ['$[(@.name)]', 'fuga'],
    ['$.a.b[1][($.a.which)]', 'q'],
    ['[(@.name)]', 'fuga'],
  ])('%s', (path, value) => {
    if (value === 'no match') expect(stored(path)).toBeUndefined()
    else expect(stored(path)).toEqual(value)
  })

  it('the whole result', () => {
    expect(stored('$')).toEqual(RESULT)
    expect(stored('$', 'text')).toBe('text')
    expect(stored('[0].id', [{ id: 7 }])).toBe(7)
    expect(stored('$[0].id', [{ id: 7 }])).toBe(7)
  })
})

describe('any other path gives a list', () => {
  it.each<[string, JsonValue]>([
    ['$.arr[0:2]', [10, 11]],
    ['arr[0:2]', [10, 11]],
    ['$.arr[1:]', [11, 12, 13]],
    ['$.arr[:-1]', [10, 11, 12]],
    ['$.arr[::2]', [10, 12]],
    ['$.arr[::-1]', [13, 12, 11, 10]],
    ['$.arr[0,2]', [10, 12]],
    ['$.arr[ 0 , 2 ]', [10, 12]],
    ['$.arr[0:2,3]', [10, 11, 13]],
    ['$["hoge","n"]', ['fuga', 5]],
    ['$.arr[*]', [10, 11, 12, 13]],
    ['$.deep.*', [1, { key: 2 }]],
    ['arr.*', [10, 11, 12, 13]],
    ['$..key', [1, 2]],
    ['..key', [1, 2]],
    ['$.deep..key', [1, 2]],
    ['$..nope', []],
    ['$.arr[7,8]', []],
    ['$.a.b[?(@.id==2)].s', ['q']],
    ['a.b[?(@.id==2)].s', ['q']],
    ['$.a.b[?(@.id == 2)]', [{ id: 2, s: 'q' }]],
    ['$.a.b[?@.id==2].s', ['q']],
    ['$.a.b[?(@.s=="q")].id', [2]],
    ["$.a.b[?(@.s=='q')].id", [2]],
    ['$.a.b[?(@.id>=1 && @.s!="p")].id', [2]],
    ['$.a.b[?(@.id==1 || @.s=="q")].id', [1, 2]],
    ['$.a.b[?(@.s)].id', [1, 2]],
    ['$.a.b[?(!@.x)].id', [1, 2]],
    ['$.a.b[?match(@.s, "q")].id', [2]],
    ['$.a.b[?length(@.s) == 1].id', [1, 2]],
    ['$.a.b[?(@.id==$.index)].s', ['p']],
    ['$.a.b[?(@.id==9)].s', []],
    ['$.a.b[*][($.a.which)]', ['p', 'q']],
    ['$.a.b[($.index)].*', [2, 'q']],
    ['$.nested[*][0]', [1, 3]],
  ])('%s', (path, value) => expect(stored(path)).toEqual(value))
})

describe('a path without a match', () => {
  it.each([
    '$.nope',
    'nope',
    'invalid',
    'nope.b',
    '$.a.nope',
    '$.arr[9]',
    '$.arr[-9]',
    '$.arr.length',
    '$.hoge.x',
    '$.hoge[0]',
    '$.n.x',
    '$.none.x',
    '$["__proto__"]',
    '$.constructor',
    '$[($.a)]',
    '$[(@.nope)]',
    '$.hoge[(@.x)]',
  ])('%s takes the value, and without one stores nothing', (path) => {
    expect(stored(path, RESULT, 'instead')).toBe('instead')
    expect(stored(path)).toBeUndefined()
    for (const value of [0, false, '', []]) expect(stored(path, RESULT, value)).toEqual(value)
  })

  it('so does any path where there is no result', () => {
    for (const path of ['$.hoge', '$..key', '$']) {
      expect(stored(path, null, 'instead')).toBe('instead')
      expect(stored(path, null)).toBeUndefined()
    }
    for (const result of ['text', 5, false, []]) expect(stored('$.hoge', result, 'instead')).toBe('instead')
  })

  it('without a path the value is stored as it is', () => {
    for (const value of [0, false, '', [], {}]) expect(stored('', RESULT, value)).toEqual(value)
  })

  it('a commit with neither fails the action', () => {
    expect(() => checkCommits([commit('')])).toThrow(expect.objectContaining({ code: 'commit_empty' }))
    expect(stored('', RESULT)).toBeUndefined()
  })
})

describe('what is no path fails before the action runs', () => {
  it.each([
    '$.',
    '$..',
    '$[',
    '$.a[',
    '$.a["b]',
    '1+1',
    'n + 1',
    'hoge + "x"',
    'n > 3 ? "big" : "small"',
    'nope ?? 7',
    '"lit"',
    '{"a": $.hoge}',
    'date("2020-01-01")',
    '$.arr[01]',
    '$.a.b[?(@.id=2)]',
    '$.a.b[?(@.s=~"q")]',
    '$.arr[(@.length-1)]',
    '$.arr[("x")]',
    '$.arr[(@..x)]',
    '$.arr[(@.x]',
    '$.a[b]',
    '$.x-y',
    'x-y',
    '$.1a',
    '...a',
  ])('%s', (path) => {
    expect(() => checkCommits([commit('', 1), commit(path)])).toThrow(
      expect.objectContaining({
        code: 'commit_path',
        message: expect.stringContaining(JSON.stringify(path)) as string,
      }),
    )
    expect(stored(path, RESULT, 'instead')).toBe('instead')
  })

  it('says how a hyphen is written', () => {
    expect(() => checkCommits([commit('headers.content-type')])).toThrow(
      'a name with a hyphen is quoted: ["content-type"]',
    )
    expect(() =>
      checkCommits([commit('$.arr[?(@.n > -1 && @.n < 1e-5)]'), commit('$["a-b"]'), commit('$[-1:-2]')]),
    ).not.toThrow()
  })
})

it('gives up on what would keep the engine busy', () => {
  const long = `${'a'.repeat(40)}b`
  expect(stored('$.list[?match(@, "(a+)+")]', { list: [long] }, 'instead')).toBe('instead')
  let nested: JsonValue = 1
  for (let i = 0; i < 600; i++) nested = [nested]
  expect(stored('$..x', nested, 'instead')).toBe('instead')
  expect(stored('$..x', { x: 1 })).toEqual([1])
})
