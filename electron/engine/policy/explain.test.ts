import { afterAll, describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { explainMember } from './explain.ts'
import { phrase } from './explain-sentence.ts'
import { Toolchain } from './toolchain/toolchain.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const ACTION = `package action

# one per severity
run contains {"id": "low", "uses": "slack.post"} if {
	input.alert.severity == "low" # the usual
	not input.alert.muted
}

run contains job if {
	some attr in input.alert.attrs
	attr.type == "file"; attr.value != ""
	count(input.called) < 3
	job := {
		"id": "quarantine",
		"uses": "file.quarantine",
		"args": {"path": attr.value},
	}
}

run contains {"id": "ask", "uses": "http.fetch"} if input.alert.source in {"aws", "gcp"}

run contains {"id": "always", "uses": ""}
`

async function explain(source: string, input: unknown, member: JsonValue, entrypoint = 'action', rule = 'run') {
  const request = {
    files: [{ path: 'a.rego', source }],
    entrypoint,
    input: new TextEncoder().encode(JSON.stringify(input)),
    nowNs: 1n,
    seed: 's',
    timeoutMs: 5000,
    print: false,
  }
  return explainMember(toolchain, request, rule, member)
}

const INPUT = {
  alert: {
    severity: 'low',
    source: 'aws',
    attrs: [
      { type: 'file', value: '/tmp/a' },
      { type: 'ip', value: '1.1.1.1' },
      { type: 'file', value: '/tmp/b' },
    ],
  },
  called: [],
}

describe('explainMember', () => {
  it('finds the rule of a literal element, and says what held', async () => {
    const why = await explain(ACTION, INPUT, { id: 'low', uses: 'slack.post' })
    expect(why).toMatchObject({
      rule: 'run',
      file: 'a.rego',
      row: 4,
      endRow: 7,
      sentence: 'severity is low, not: muted',
    })
    expect(why?.lines.map(({ row, hit, values }) => [row, hit, values])).toEqual([
      [4, 'lit', ''],
      [5, 'lit', 'input.alert.severity = low'],
      [6, 'lit', ''],
      [7, 'cold', ''],
    ])
  })

  it('gives the values of this element, not those of another solution of the same rule', async () => {
    const element = (path: string) => ({ id: 'quarantine', uses: 'file.quarantine', args: { path } })
    const why = await explain(ACTION, INPUT, element('/tmp/b'))
    expect(why).toMatchObject({ row: 9, endRow: 18 })
    expect(why?.sentence).toBe(
      'attr is one of input.alert.attrs, type is file, value /tmp/b is not , count(input.called) < 3',
    )
    expect(why?.lines.find(({ text }) => text.includes('attr.type'))?.values).toBe(
      'attr.type = file, attr.value = /tmp/b',
    )
    expect((await explain(ACTION, INPUT, element('/tmp/a')))?.lines.map(({ values }) => values).join()).toContain(
      '/tmp/a',
    )
  })

  it('reads a body without braces, and a rule without a body', async () => {
    expect(await explain(ACTION, INPUT, { id: 'ask', uses: 'http.fetch' })).toMatchObject({ row: 20, rule: 'run' })
    const plain = `package action\n\nrun contains {"id": "always"}\n`
    expect(await explain(ACTION, INPUT, { id: 'always', uses: '' })).toMatchObject({ row: 22, sentence: 'always' })
    expect(await explain(plain, INPUT, { id: 'always' })).toMatchObject({ row: 3, sentence: 'always' })
  })

  it('reads v0 rules and packages with dashes', async () => {
    const source = 'package alert["my-schema"]\n\nalert[x] {\n\tx := {"title": input.name}\n\tinput.n > 7\n}\n'
    const why = await explain(source, { name: 'N', n: 8 }, { title: 'N' }, 'alert/my-schema', 'alert')
    expect(why).toMatchObject({ rule: 'alert', row: 3, sentence: 'n 8 > 7' })
  })

  it('does without values where a condition has variables of its own', async () => {
    const source = `package action

run contains {"id": "a"} if {
	input.n > 7
	count([x | some x in input.list; x.y > 1]) > 0
	every z in input.list { z.y > 0 }
}
`
    const why = await explain(source, { n: 8, list: [{ y: 2 }] }, { id: 'a' })
    expect(why?.lines[1]).toMatchObject({ hit: 'lit', values: 'input.n = 8' })
    expect(why?.sentence).toMatch(/^n 8 > 7, /)
  })

  it('reads an array that one rule makes', async () => {
    const source = 'package action\n\nrun := [{"id": "a"}, {"id": "b"}] if {\n\tinput.n > 7\n}\n'
    expect(await explain(source, { n: 8 }, { id: 'b' })).toMatchObject({ row: 3, sentence: 'input.n > 7' })
  })

  it('has no answer for an element that no rule made', async () => {
    expect(await explain(ACTION, { alert: { severity: 'high', source: 'x', attrs: [] } }, { id: 'other' })).toBeNull()
  })
})

it.each([
  ['f.Severity > 7', { 'f.Severity': 8 }, 'severity 8 > 7'],
  ['7 < f.Severity', { 'f.Severity': 8 }, 'severity 8 > 7'],
  ['startswith(f.Type, "Trojan:")', {}, 'type starts with Trojan:'],
  ['input.alert.source == "aws"', {}, 'source is aws'],
  ['"aws" == input.alert.source', {}, 'source is aws'],
  ['net.cidr_contains("10.0.0.0/8", ip)', { ip: '10.1.2.3' }, 'ip 10.1.2.3 is in 10.0.0.0/8'],
  ['regex.match("^a", input.first_name)', {}, 'first name matches ^a'],
  ['f := input.Findings[_]', {}, null],
  ['some x', {}, null],
  ['some x in input.list', {}, 'x is one of input.list'],
  ['not input.muted', {}, 'not: muted'],
  ['input.isAdmin', { 'input.isAdmin': true }, 'is admin'],
  ['a == b', { a: 'one', b: 'two' }, 'a is two'],
])('puts %s in words', (expression, values, words) => {
  expect(phrase(expression, new Map(Object.entries(values)))).toBe(words)
})
