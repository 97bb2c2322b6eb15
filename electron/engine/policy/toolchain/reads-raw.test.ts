import { afterAll, describe, expect, it } from 'vitest'
import { AUTHZ_BUILTINS } from '../compile.ts'
import { file } from './test-support.ts'
import { Toolchain } from './toolchain.ts'
import type { SourceFile } from './types.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

async function readsRaw(...files: SourceFile[]): Promise<boolean> {
  const { references } = await toolchain.compile({ files, data: {}, hosted: [], allow: AUTHZ_BUILTINS, print: true })
  return references.readsRaw
}

/** An action policy of these lines. */
const action = (...lines: string[]): SourceFile => file('action.rego', 'package action', ...lines)
const HELPER_CALLED = action('run contains data.lib.tell(input.alert.title)')

describe('readsRaw', () => {
  it.each([
    ['its name', 'run contains {"id": input.alert.raw}'],
    ['brackets', 'run contains {"id": input["alert"]["raw"]}'],
    ['a bracket and a dot', 'run contains {"id": input["alert"].raw}'],
    ['an alias of the alert', 'run contains {"id": a.raw} if a := input.alert'],
    ['an alias of the input', 'run contains {"id": i.alert.raw} if i := input'],
    ['unification', 'run contains {"id": r} if {"raw": r} = input.alert'],
    ['unification of it all', 'run contains {"id": r} if {"alert": {"raw": r}} = input'],
    ['a name that is computed', 'run contains {"id": input[k].raw} if some k in ["alert"]'],
    ['a member that is computed', 'run contains {"id": input.alert[k]} if k := concat("", ["ra", "w"])'],
    ['every member', 'run contains {"id": v} if some v in input.alert'],
    ['any member', 'run contains {"id": "x"} if input.alert[_] == "y"'],
    ['object.get with a path', 'run contains {"id": object.get(input, ["alert", "raw"], "")}'],
    ['object.get of the alert', 'run contains {"id": object.get(input.alert, "raw", "")}'],
    ['a walk', 'run contains {"id": v} if walk(input, [["alert", "raw"], v])'],
    ['print', 'run contains {"id": "x"} if print(input)'],
    ['print of a part', 'run contains {"id": "x"} if print("seen", input.alert)'],
    ['json.marshal', 'run contains {"id": json.marshal(input.alert)}'],
    ['json.filter', 'run contains {"id": json.filter(input, ["alert/raw"])}'],
    ['a comparison of the whole', 'run contains {"id": "x"} if input == {}'],
    ['a set of it', 'run contains {"id": count({input})}'],
    ['a part of it', 'run contains {"id": "x"} if input.alert.raw[0]'],
    ['a negation', 'run contains {"id": "x"} if not contains(input.alert.raw, "y")'],
    ['a comprehension', 'run contains {"id": [r | r := input.alert.raw]}'],
    ['a comprehension in a set', 'run contains {"id": count({r | r := input.alert.raw})}'],
    ['every', 'run contains {"id": "x"} if every v in input.alert { v != "y" }'],
    ['inside every', 'run contains {"id": "x"} if every v in ["y"] { contains(input.alert.raw, v) }'],
    ['a call within a call', 'run contains {"id": upper(lower(input.alert.raw))}'],
    ['a template', 'run contains {"id": sprintf("%v", [input.alert.raw])}'],
    ['the key of an object', 'run contains {input.alert.raw: 1}'],
    ['the index of a reference', 'run contains {"id": data.table[input.alert.raw]}'],
    [
      'another input of the same',
      'run contains {"id": x} if x := data.action.title with input as input\ntitle := input.alert.title',
    ],
    [
      'a part of another input',
      'run contains {"id": x} if x := data.action.title with input.alert as input.alert\ntitle := input.alert.title',
    ],
    ['a default', 'default run := [r | r := input.alert.raw]'],
    ['a value of a rule', 'run contains {"id": raw}\nraw := input.alert.raw'],
    ['else', 'run contains {"id": x}\nx := 1 if input.seq\nelse := input.alert.raw'],
    ['the body of else', 'run contains {"id": x}\nx := 1 if input.seq\nelse := 2 if input.alert.raw'],
    ['a function', 'run contains {"id": f("x")}\nf(x) := concat("", [x, input.alert.raw])'],
    ['a function of the alert', 'run contains {"id": f(input.alert)}\nf(a) := a.raw'],
    ['the init loop', 'init contains {"attrs": [{"key": "k", "value": input.alert.raw}]}\nrun contains {"id": "x"}'],
    ['the exit loop', 'exit contains {"attrs": [{"key": "k", "value": input.alert.raw}]}\nrun contains {"id": "x"}'],
    ['a rule with a computed name', 'run contains {"id": m.k}\nm[k] := input.alert.raw if some k in ["k"]'],
  ])('sees %s', async (_what, lines) => {
    expect(await readsRaw(action(...lines.split('\n')))).toBe(true)
  })

  it.each([
    ['an import of the alert', 'import input.alert as a', 'run contains {"id": a.raw}'],
    ['an import of the text', 'import input.alert.raw', 'run contains {"id": raw}'],
    ['an import of the input', 'import input as i', 'run contains {"id": i.alert.raw}'],
  ])('sees %s', async (_what, ...lines) => {
    expect(await readsRaw(action(...lines))).toBe(true)
  })

  it.each([
    ['a function of another package', 'tell(x) := {"id": x, "name": input.alert.raw}'],
    ['a rule behind a function', 'tell(x) := {"id": x, "name": more}\nmore := count(whole)\nwhole := input'],
  ])('sees it in %s', async (_what, lines) => {
    expect(await readsRaw(HELPER_CALLED, file('lib.rego', 'package lib', ...lines.split('\n')))).toBe(true)
  })

  it.each([
    ['a package by a computed name', 'run contains {"id": data.lib[k]} if k := concat("", ["m", "ore"])'],
    ['a package as a whole', 'run contains {"id": data.lib}'],
    ['a package below', 'run contains {"id": v} if some v in data.lib'],
  ])('sees it in %s', async (_what, line) => {
    expect(await readsRaw(action(line), file('lib.rego', 'package lib', 'more := input.alert.raw'))).toBe(true)
  })

  it.each([
    ['other members', 'run contains {"id": input.alert.title, "args": input.env}'],
    ['a raw of the event', 'run contains {"id": input.alert.data.raw}'],
    ['a raw of the event, computed', 'run contains {"id": input.alert.data[k]} if k := "raw"'],
    ['a raw elsewhere', 'run contains {"id": input.raw, "name": input.env.raw}'],
    ['an alias of the event', 'run contains {"id": d.raw} if d := input.alert.data'],
    ['a comment', 'run contains {"id": "x"} # input.alert.raw'],
    ['a text', 'run contains {"id": "input.alert.raw", "name": `input["alert"]["raw"]`}'],
    ['a member of another object', 'run contains {"id": o.alert.raw} if o := {"alert": {"raw": "x"}}'],
    ['a name of its own', 'run contains {"id": raw}\nraw := input.alert.title'],
    ['lists of attributes', 'run contains {"id": one.key} if some one in input.alert.attrs'],
    ['called actions', 'run contains {"id": "x"} if every one in input.called { one.status == "succeeded" }'],
    ['nothing', 'run contains {"id": "x"}'],
  ])('leaves out %s', async (_what, lines) => {
    expect(await readsRaw(action(...lines.split('\n')))).toBe(false)
  })

  it.each([
    [
      'alert policies, which see the event',
      file('alert.rego', 'package alert.x', 'alert contains {"title": json.marshal(input), "raw": input.alert.raw}'),
    ],
    ['authz', file('authz.rego', 'package authz.http', 'deny if input.alert.raw == "x"')],
    [
      'tests',
      file(
        'action_test.rego',
        'package action_test',
        'test_raw if data.action.run with input as {"alert": {"raw": "x"}}',
      ),
    ],
    ['what nothing reaches', file('lib.rego', 'package lib', 'more := input.alert.raw')],
  ])('leaves out %s', async (_what, other) => {
    expect(await readsRaw(action('run contains {"id": input.alert.title}'), other)).toBe(false)
  })
})
