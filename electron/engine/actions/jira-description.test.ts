import { describe, expect, it } from 'vitest'
import { GOLDEN_ALERT } from '../../../tests/fakes/action-kit.ts'
import { attribute, HOSTILE_ALERT } from '../../../tests/fakes/ticket-alerts.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { jiraDescription } from './jira-description.ts'

describe('jiraDescription', () => {
  it('TestTemplate: shows description, attribute and reference, neither title nor ids of attributes', () => {
    const text = jiraDescription({
      title: 'my test alert',
      description: 'test_description',
      source: 'test_source',
      attrs: [{ ...attribute('my_key', 'my_value'), id: 'my_id' }],
      refs: [{ title: 'my_ref_title', url: 'my_ref_url' }],
      schema: 'test_alert',
      data: { MyRecord: 'my_record' },
    })
    for (const part of ['test_description', 'my_key', 'my_value', 'my_ref_title', 'my_ref_url'])
      expect(text).toContain(part)
    expect(text).not.toContain('my test alert')
    expect(text).not.toContain('my_id')
  })

  it('leaves out comments and references where there are none', () => {
    const text = jiraDescription(GOLDEN_ALERT)
    expect(text).not.toContain('h2. Comments')
    expect(text).not.toContain('h2. References')
  })

  it('[S20] lets hostile text leave no cell, mention nobody and open nothing', () => {
    const text = jiraDescription(HOSTILE_ALERT)
    expect(text).not.toMatch(/(?<!\\)\[\s*~/)
    expect(text).not.toMatch(/(?<!\\)\{(code|html)/)
    expect(text.replace(/\{\{|\}\}/g, '')).not.toMatch(/(?<!\\)!/)
    const rows = text.split('\n').filter((line) => line.startsWith(' | '))
    expect(rows.map((row) => row.split('|').length)).toEqual([5, 5])
    const [before = ''] = text.split('h2. Comments')
    expect(before.match(/^(h\d\.|#|\*|\|(?!\|)).*$/gm)).toEqual(['h2. Description', 'h2. Attributes'])
  })

  it('stays within what Jira takes, and says what it leaves out', () => {
    const long = '{|[~\\!😀'.repeat(30_000)
    const attrs = [
      ...Array.from({ length: 300 }, (_, n) => attribute(`k${n}`, long)),
      ...Array.from({ length: 30 }, (_, n) => attribute(`m${n}`, long, 'markdown')),
    ]
    const refs = Array.from({ length: 300 }, () => ({ title: 'R', url: 'https://example.com/r' }))
    const alert: JsonObject = { ...GOLDEN_ALERT, title: long, description: long, source: long, attrs, refs }
    const text = jiraDescription(alert)
    expect(text.length).toBeLessThanOrEqual(32_767)
    expect(text.isWellFormed()).toBe(true)
    for (const part of ['- Title: ', '| further attributes |', 'more comments)', 'more references)'])
      expect(text).toContain(part)
  })
})
