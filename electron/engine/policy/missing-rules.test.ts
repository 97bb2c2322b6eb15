import { describe, expect, it } from 'vitest'
import { missingRules } from './missing-rules.ts'

interface Part {
  package: string
  rules: string[]
  source?: string
}

function missing(...parts: Part[]): string[] {
  const files = parts.map(({ package: name, rules }, index) => ({
    path: `${index}.rego`,
    regoVersion: 'v1' as const,
    package: name,
    rules,
  }))
  const sources = parts.map(({ package: name, source = '' }, index) => ({
    path: `${index}.rego`,
    source: `package ${name}\n${source}`,
  }))
  const test = { path: 'x_test.rego', source: 'package x_test\nimport data.alert.tested' }
  return missingRules(files, [...sources, test]).map(({ file, message }) => `${file} ${message.split(' has no')[0]}`)
}

describe('a package without the rule that it is asked for', () => {
  it.each(['action', 'authz.http', 'inspect', 'review', 'emit', 'alert.scan', 'alert["my-scan"]', 'alert.aws.ec2'])(
    'is named: %s',
    (name) => expect(missing({ package: name, rules: ['other'] })).toEqual([`0.rego Package ${name}`]),
  )

  it.each([
    ['inspect', ['Inspect']],
    ['review', ['severity']],
    ['emit', ['run']],
    ['action', ['init']],
    ['action', ['exit', 'x']],
    ['authz.http', ['allow']],
    ['alert.scan', ['alert.x']],
    ['emit', ['run["x"]']],
  ])('is not %s with %j', (name, rules) => expect(missing({ package: name, rules })).toEqual([]))

  it('is none that has no rule at all, is nobody’s to ask, or has it in another file', () => {
    expect(missing({ package: 'emit', rules: [] }, { package: 'lib.x', rules: ['p'] })).toEqual([])
    expect(missing({ package: 'review', rules: ['helper'] }, { package: 'review', rules: ['severity'] })).toEqual([])
    expect(missing({ package: 'alert', rules: ['aws.alert'] }, { package: 'inspector', rules: ['p'] })).toEqual([])
  })

  it('is no library that other policies name; tests do not count', () => {
    const library = { package: 'alert.lib', rules: ['p'] }
    expect(missing(library, { package: 'alert.scan', rules: ['alert'], source: 'import data.alert.lib' })).toEqual([])
    expect(missing({ ...library, source: 'q := data.alert.lib.p' })).toHaveLength(1)
    expect(missing({ package: 'alert.tested', rules: ['p'] })).toHaveLength(1)
    const other = { package: 'action', rules: ['run'], source: 'import data.inspect.p' }
    expect(missing({ package: 'inspect', rules: ['p'] }, other)).toHaveLength(1)
  })
})
