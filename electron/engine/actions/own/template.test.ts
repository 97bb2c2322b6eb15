import { describe, expect, it } from 'vitest'
import { HOSTILE_IDS } from '../../../../tests/fakes/hostile-ids.ts'
import { fillJson, fillText, fillUrl, namesIn } from './template.ts'

const URL_OF = 'https://api.example/v1/users/{id}/state?by={by}'

describe('values in an address', () => {
  it.each([
    ['a/b', 'a%2Fb'],
    ['../admin', '..%2Fadmin'],
    ['a?x=1#y', 'a%3Fx%3D1%23y'],
    ['a\r\nHost: evil', 'a%0D%0AHost%3A%20evil'],
    ['%2e%2e', '%252e%252e'],
    ['@evil.example', '%40evil.example'],
    ['раypal', '%D1%80%D0%B0ypal'],
    ['\u202egnp.exe', '%E2%80%AEgnp.exe'],
    ['\\..\\', '%5C..%5C'],
    ['a\u0000b', 'a%00b'],
  ])('%j is one piece of the path: %s', (id, encoded) => {
    expect(fillUrl(URL_OF, { id, by: 'x' })).toBe(`https://api.example/v1/users/${encoded}/state?by=x`)
  })

  it.each(['.', '..', ''])('[S25] %j is refused: it would lead elsewhere', (id) => {
    expect(() => fillUrl(URL_OF, { id, by: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_args' }))
    expect(() => fillUrl('https://api.example/v1/users/{id}', { id })).toThrow('make no address')
    expect(() => fillUrl('https://api.example/{id}/v1', { id })).toThrow('make no address')
  })

  it.each(HOSTILE_IDS.map(String))('[S25] %j leaves host and path above as they are, or is refused', (id) => {
    let url: URL
    try {
      url = new URL(fillUrl(URL_OF, { id, by: id }))
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_args' })
      return
    }
    expect(url.host).toBe('api.example')
    expect(url.pathname.split('/')).toHaveLength(5)
    expect(decodeURIComponent(url.pathname.split('/')[3] ?? '')).toBe(id.toWellFormed())
    expect([...url.searchParams]).toEqual([['by', id.toWellFormed()]])
  })
})

describe('values in texts and JSON', () => {
  it('keep their type where they stand alone, and leave out what is absent', () => {
    const body = { n: '{n}', list: ['{n}', '{none}'], text: 'n={n} {{x}}', none: '{none}', deep: { also: '{none}' } }
    expect(fillJson(body, { n: 4 })).toEqual({ n: 4, list: [4], text: 'n=4 {x}', deep: {} })
  })

  it('are no templates themselves', () => {
    expect(fillText('{a}', { a: '{b}', b: 'no' })).toBe('{b}')
    expect(fillJson({ x: '{a}' }, { a: '{b}', b: 'no' })).toEqual({ x: '{b}' })
  })

  it('are found by name wherever they stand', () => {
    expect(namesIn({ a: ['{x} and {before.y}'], b: '{{no}}' })).toEqual(['x', 'before.y'])
    expect(() => namesIn('{')).toThrow('has a lone {')
    expect(() => namesIn('{A}')).toThrow('has a lone {')
  })
})
