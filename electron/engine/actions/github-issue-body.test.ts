import { describe, expect, it } from 'vitest'
import { GOLDEN_ALERT } from '../../../tests/fakes/action-kit.ts'
import { attribute, HOSTILE_ALERT } from '../../../tests/fakes/ticket-alerts.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { githubIssueBody, MAX_BODY } from './github-issue-body.ts'

const TEMPLATE_ALERT: JsonObject = {
  title: 'blue',
  description: 'orange',
  attrs: [
    attribute('magic', 'five'),
    attribute('star', 'light'),
    attribute('int', 123),
    attribute('struct', { Foo: 'bar' }),
  ],
  schema: 'fire',
  raw: '{"foo": "bar"}',
}

const TABLE = ['| magic | `five` |', '| star | `light` |', '| int | `123` |', '| struct | `{"Foo":"bar"}` |']

describe('githubIssueBody', () => {
  it('TestIssueTemplate: shows description, attributes, comments and the raw event', () => {
    const attrs = [...(TEMPLATE_ALERT.attrs as JsonObject[]), attribute('md-title', '*md-test*', 'markdown')]
    const body = githubIssueBody({ ...TEMPLATE_ALERT, attrs })
    for (const part of ['orange', ...TABLE, '{"foo": "bar"}']) expect(body).toContain(part)
    expect(body).not.toContain('| md-title |')
    for (const part of ['## Comments', '### md-title', '\n*md-test*\n']) expect(body).toContain(part)
  })

  it('TestIssueTemplateNoMarkdown: has no comments without a markdown attribute', () => {
    const body = githubIssueBody(TEMPLATE_ALERT)
    for (const part of TABLE) expect(body).toContain(part)
    expect(body).not.toContain('## Comments')
    expect(body).not.toContain('## References')
  })

  it('TestRenderReference: lists references', () => {
    const body = githubIssueBody({ refs: [{ title: 'Test Title', url: 'http://test.url' }] })
    expect(body).toContain('# References')
    expect(body).toContain('- [Test Title](http://test.url)')
  })

  it('[S20] lets hostile text leave no cell, mention nobody and open nothing', () => {
    const body = githubIssueBody(HOSTILE_ALERT)
    const [head = '', raw = ''] = body.split('<summary>Raw data</summary>')
    expect(head).not.toMatch(/(?<![A-Za-z0-9])@[A-Za-z]/)
    expect(head).not.toMatch(/#\d(?![\d;]*;)/)
    expect(head.replace(/<\/?(code|br|span|details)>/g, '').match(/<(?=[A-Za-z/!])/g)).toBe(null)
    // Two hostile rows would be three if one of their bars or line ends counted.
    const rows = head.split('\n').filter((line) => line.startsWith(' | '))
    expect(rows.map((row) => row.split('|').length)).toEqual([5, 5])
    // The block of code inside the comment is closed before anything follows.
    expect(head.slice(head.indexOf('## Comments')).match(/^```$/gm)?.length).toBe(2)
    expect(raw).toContain('\n```````json\n\n```\n</details>\n`````` @admin\n\n\n```````\n\n</details>\n')
    expect(body.match(/^<\/?details>$/gm)).toEqual(['<details>', '</details>', '</details>'])
    const links = [...head.matchAll(/(!?)\[(?:[^\]\\]|\\.)*\]\(([^)]*)\)/g)].map(
      ([, mark, target]) => `${mark}${target}`,
    )
    // The first two stand in the markdown attribute, where links are meant.
    expect(links).toEqual(['https://evil.example/i', 'javascript:x', 'https://example.com/%28a%29%7Cb%20c'])
  })

  it('stays within what GitHub takes, and says what it leaves out', () => {
    const long = '`|@<$😀'.repeat(30_000)
    const attrs = [
      ...Array.from({ length: 300 }, (_, n) => attribute(`k${n}`, long)),
      ...Array.from({ length: 30 }, (_, n) => attribute(`m${n}`, long, 'markdown')),
    ]
    const refs = Array.from({ length: 300 }, () => ({ title: 'R', url: 'https://example.com/r' }))
    const alert: JsonObject = { ...GOLDEN_ALERT, title: long, description: long, source: long, attrs, refs, raw: long }
    const body = githubIssueBody(alert)
    expect(body.length).toBeLessThanOrEqual(MAX_BODY)
    expect(body.isWellFormed()).toBe(true)
    for (const part of ['- Title: ', '| further attributes |', 'more comments)', 'more references)', '</details>\n'])
      expect(body).toContain(part)
    expect(body.match(/more characters\)/g)?.length).toBeGreaterThan(4)
    const raw = githubIssueBody({ ...GOLDEN_ALERT, raw: 'x'.repeat(100_000) })
    expect(raw.length).toBeGreaterThan(MAX_BODY - 100)
  })
})
