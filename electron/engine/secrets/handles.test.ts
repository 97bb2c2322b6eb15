import { describe, expect, it } from 'vitest'
import { Handles } from './handles.ts'

const handles = new Handles(Buffer.alloc(32, 1))
const other = new Handles(Buffer.alloc(32, 2))

describe('Handles', () => {
  it('makes the same handle for the same name', () => {
    expect(handles.make('SLACK_URL')).toMatch(/^secret:SLACK_URL:[0-9a-f]{64}$/)
    expect(new Handles(Buffer.alloc(32, 1)).make('SLACK_URL')).toBe(handles.make('SLACK_URL'))
    expect(handles.make('A')).not.toBe(handles.make('B'))
  })

  it('finds genuine handles in strings, lists, objects and keys', () => {
    const value = {
      [`k${handles.make('KEY')}`]: ['x', { a: `Bearer ${handles.make('B')} and ${handles.make('A')}!` }],
      n: 1,
    }
    expect(handles.find(value)).toEqual(['A', 'B', 'KEY'])
  })

  it('replaces every genuine handle inside text', () => {
    const value = {
      url: `https://h/?a=${handles.make('A')}&b=${handles.make('B')}`,
      list: [handles.make('A'), 2, null],
    }
    expect(handles.replace(value, (name) => `<${name}>`)).toEqual({
      url: 'https://h/?a=<A>&b=<B>',
      list: ['<A>', 2, null],
    })
  })

  it('[S10] treats a forged handle as text', () => {
    const forged = [
      other.make('A'),
      `secret:A:${'0'.repeat(64)}`,
      handles.make('A').replace('secret:A', 'secret:B'),
      'secret:A:',
    ]
    expect(handles.find(forged)).toEqual([])
    expect(handles.replace(forged, () => 'revealed')).toEqual(forged)
  })

  it('prints a handle as its name', () => {
    expect(handles.print(`key ${handles.make('API_KEY')}.`)).toBe('key ‹API_KEY›.')
  })
})
