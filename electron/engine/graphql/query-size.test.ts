import { getIntrospectionQuery, parse } from 'graphql'
import { expect, it } from 'vitest'
import { refusedSize } from './query-size.ts'

const refused = (query: string, variables: Record<string, unknown> = {}): string | null =>
  refusedSize(parse(query), variables)

const COST = /^the query costs/

it('takes the standard introspection query and everything about a page of workflows', () => {
  expect(refused(getIntrospectionQuery())).toBeNull()
  expect(refused('{ workflows { actions { args { key value } next { attrs { key value } } } } }')).toBeNull()
})

it('counts what a list holds by its limit', () => {
  const fields = 'id alert { initAttrs { id key value } lastAttrs { id key value } } actions { id args { key value } }'
  expect(refused(`{ workflows(limit: 100) { ${fields} } }`)).toBeNull()
  expect(refused(`{ workflows(limit: 900) { ${fields} } }`)).toMatch(COST)
  expect(refused(`query ($n: Int) { workflows(limit: $n) { ${fields} } }`, { n: 900 })).toMatch(COST)
  expect(refused(`query ($n: Int = 900) { workflows(limit: $n) { ${fields} } }`)).toMatch(COST)
  expect(refused(`query ($n: Int = 900) { workflows(limit: $n) { ${fields} } }`, { n: 1 })).toBeNull()
  expect(
    refused(`{ ${'abcdefghi'.replaceAll(/./g, (name) => `${name}: workflows(limit: 100) { ${fields} } `)} }`),
  ).toMatch(COST)
})

it('takes a limit that is none as the one that holds without it: it is refused elsewhere', () => {
  for (const limit of ['null', '-1', '99999999999', '"x"', '$n', '[1]', '{a: 1}']) {
    expect(refused(`{ workflows(limit: ${limit}) { id } }`)).toBeNull()
  }
  expect(refused('query ($n: Int) { workflows(limit: $n) { id } }', { n: {} })).toBeNull()
  expect(refused('query ($__proto__: Int) { workflows(limit: $__proto__) { id } }')).toBeNull()
})

it('measures every operation and every fragment with what it spreads', () => {
  const nested = (depth: number): string => `${'a { '.repeat(depth - 1)}a${' }'.repeat(depth - 1)}`
  expect(refused(`{ ${nested(20)} }`)).toBeNull()
  expect(refused(`{ ${nested(21)} }`)).toBe('the query is more than 20 fields deep')
  expect(refused(`query A { a } query B { ${nested(21)} }`)).toMatch(/deep/)
  expect(refused(`{ a { ...f } } fragment f on A { ... on A { ${nested(20)} } }`)).toMatch(/deep/)
})

it('refuses fragments that multiply, without putting them in', () => {
  const chain = Array.from({ length: 100 }, (_, n) => `fragment f${n} on A { ...f${n + 1} ...f${n + 1} }`)
  expect(refused(`{ ...f0 } ${chain.join(' ')} fragment f100 on A { a }`)).toMatch(/more than 1000 fields/)
})

it('ends at fragments that contain themselves, or that are not there', () => {
  expect(refused('{ ...a } fragment a on A { ...b x } fragment b on A { ...a y ...none }')).toBeNull()
})
