import { describe, expect, it } from 'vitest'
import { actInWords, actTitle } from './act-title.ts'

const title = 'POST edr.example.com/isolate'

describe('the title of an action', () => {
  it.each([
    ['', title, null],
    [' \n\t', title, null],
    [title, title, null],
    ['Isolate web-3', 'Isolate web-3', title],
  ])('named %j is headed %j', (name, heading, own) => {
    expect(actTitle({ name, title })).toEqual({ heading, own })
  })

  it('[S20] in a sentence what is done follows the name, however long that is', () => {
    expect(actInWords({ name: 'Isolate web-3', title })).toBe(`Isolate web-3 (${title})`)
    const sentence = actInWords({ name: 'Nothing happens '.repeat(10_000), title })
    expect(sentence.endsWith(`… (${title})`)).toBe(true)
    expect(sentence.length).toBeLessThan(200)
  })
})
