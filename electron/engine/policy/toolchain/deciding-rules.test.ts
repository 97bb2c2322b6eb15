import { afterAll, describe, expect, it } from 'vitest'
import { HOSTED_BUILTINS } from '../builtins/hosted.ts'
import { makersIn, onlyMaker } from '../made-by.ts'
import { WasmEvaluator } from '../wasm-evaluator.ts'
import { FullEvaluator } from './full-evaluator.ts'
import { loadToolchainModule } from './module.ts'
import { bytes, file } from './test-support.ts'
import { type DecidingRules, type SourceFile, Toolchain } from './toolchain.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const compile = (files: SourceFile[]) =>
  toolchain.compile({ files, data: {}, hosted: [...HOSTED_BUILTINS], print: true })

async function decidingRules(files: SourceFile[], entrypoint: string): Promise<DecidingRules> {
  const { decidingRules: all } = await compile(files)
  const found = all.find((one) => one.entrypoint === entrypoint)
  if (!found) throw new Error(`No rules of ${entrypoint}`)
  return found
}

/** What both evaluators say of the single rules. */
async function byRule(files: SourceFile[], rules: DecidingRules, input: JsonValue): Promise<JsonValue[]> {
  const options = { nowNs: '1700000000000000000', seed: 'seed' }
  const { wasm, entrypoints } = await compile(files)
  const given: JsonValue[] = []
  if (entrypoints.find(({ path }) => path === rules.entrypoint)?.evaluator === 'wasm') {
    const compiled = new WasmEvaluator(await WebAssembly.compile(wasm!), '{}')
    const outcome = compiled.evaluate(rules.byRule, bytes(input), options)
    expect(outcome.error).toBeNull()
    given.push(outcome.result ?? null)
  }
  const full = new FullEvaluator(await loadToolchainModule())
  full.prepare({ files, data: '{}' })
  const outcome = full.eval(rules.byRule, bytes(input), {
    nowNs: 1_700_000_000_000_000_000n,
    seed: 'seed',
    timeoutMs: 5000,
    print: false,
  })
  expect(outcome.error).toBeUndefined()
  given.push(JSON.parse(outcome.result ?? 'null') as JsonValue)
  return given
}

describe('which rule made it', () => {
  it('is known without evaluating where one rule is all there is; a default that gives nothing is none', async () => {
    const rules = await decidingRules(
      [file('alert/one.rego', 'package alert.one', 'default alert := []', '', 'alert := [{"title": "a"}] if input.a')],
      'alert/one',
    )
    expect(rules).toMatchObject({
      document: 'alert',
      byRule: '',
      rules: [{ file: 'alert/one.rego', row: 4, label: '1' }],
    })
    expect(onlyMaker(rules)).toBe('alert.one/alert@alert/one.rego#1')
  })

  it('is told apart by evaluating each rule by itself, in both evaluators alike', async () => {
    const files = [
      file(
        'alert/many.rego',
        'package alert.many',
        'import rego.v1',
        'import data.lib.words as w',
        'limit := 3',
        'is_high(x) if x > limit',
        'base contains {"title": "b"}',
        'alert contains {"title": "high"} if is_high(input.n)',
        '# METADATA',
        '# title: the word',
        'alert contains {"title": title} if { some word in w.all; title := sprintf("%s %v", [word, rand.intn("k", 1000)]) }',
        'alert contains x if some x in base',
        'alert contains {"title": "high"} if input.also',
      ),
      file(
        'alert/more.rego',
        'package alert.many',
        'import rego.v1',
        'alert contains {"title": "more"} if count(base) == limit - 2',
      ),
      file('lib/words.rego', 'package lib.words', 'all := ["x", "y"]'),
    ]
    const rules = await decidingRules(files, 'alert/many')
    expect(onlyMaker(rules)).toBeNull()
    const many = 'alert.many/alert@alert/many.rego'
    const evaluations = await byRule(files, rules, { n: 5, also: true })
    expect(evaluations).toHaveLength(2)
    for (const given of evaluations) {
      const makers = makersIn(rules, given)
      expect(makers({ title: 'high' })).toEqual([`${many}#1`, `${many}#4`])
      expect(makers({ title: 'b' })).toEqual([`${many}#3`])
      expect(makers({ title: 'more' })).toEqual(['alert.many/alert@alert/more.rego#1'])
      expect(makers({ title: 'nobody' })).toEqual(['alert.many/alert'])
    }
    expect(evaluations[0]).toEqual(evaluations[1])
    const whole = await toolchain.eval({
      files,
      data: '{}',
      entrypoint: 'alert/many',
      input: bytes({ n: 5, also: true }),
      nowNs: 1_700_000_000_000_000_000n,
      seed: 'seed',
      timeoutMs: 5000,
      print: false,
    })
    const { alert } = JSON.parse(whole.result ?? '') as { alert: JsonValue[] }
    const words = alert.filter((one) => JSON.stringify(one).includes('x '))
    expect(words).toHaveLength(1)
    // A random value of the rule by itself is that of the whole: drawn by its key.
    expect(makersIn(rules, evaluations[0])(words[0]!)).toEqual([`${many}#the word`])
  })

  it('is told of what reports’ chains do as well', async () => {
    const run = ['run contains {"uses": "a"} if input.a', 'run contains {"uses": "b"} if input.report.b']
    const rules = await decidingRules([file('emit/main.rego', 'package emit', ...run)], 'emit')
    for (const given of await byRule([file('emit/main.rego', 'package emit', ...run)], rules, { report: { b: 1 } }))
      expect(makersIn(rules, given)({ uses: 'b' })).toEqual(['emit/run@emit/main.rego#2'])
  })

  it('does not take part in the document itself', async () => {
    const files = [file('a.rego', 'package alert.a', 'alert contains {"title": "1"}', 'alert contains {"title": "2"}')]
    const { wasm } = await compile(files)
    const compiled = new WasmEvaluator(await WebAssembly.compile(wasm!), '{}')
    const { result } = compiled.evaluate('alert/a', bytes({}), { nowNs: '0', seed: '' })
    expect(result).toEqual({ alert: [{ title: '1' }, { title: '2' }] })
  })

  it('sees v0 files, names with hyphens, complete rules with else, and a default that holds', async () => {
    const files = [
      file(
        'v0.rego',
        'package alert["my-schema"]',
        'alert[x] { x := {"title": helper} }',
        'alert[{"title": "b"}] { input.b }',
        'helper = "h"',
      ),
      file(
        'action.rego',
        'package action',
        'import rego.v1',
        'default run := [{"id": "default"}]',
        'run := [{"id": "a"}] if input.a',
        'else := [{"id": "else"}] if input.b',
        'run := [{"id": "c"}] if input.c',
      ),
    ]
    const hyphen = await decidingRules(files, 'alert/my-schema')
    for (const given of await byRule(files, hyphen, { b: true })) {
      expect(makersIn(hyphen, given)({ title: 'h' })).toEqual(['alert.my-schema/alert@v0.rego#1'])
      expect(makersIn(hyphen, given)({ title: 'b' })).toEqual(['alert.my-schema/alert@v0.rego#2'])
    }
    const action = await decidingRules(files, 'action')
    const of = async (input: JsonValue, id: string): Promise<string[][]> =>
      (await byRule(files, action, input)).map((given) => makersIn(action, given)({ id }))
    const both = (rule: string): string[][] => [[rule], [rule]]
    expect(await of({}, 'default')).toEqual(both('action/run@action.rego#1'))
    // An `else` is a part of its rule.
    expect(await of({ b: true }, 'else')).toEqual(both('action/run@action.rego#2'))
    expect(await of({ c: true }, 'c')).toEqual(both('action/run@action.rego#3'))
    // Another rule gave a value: the default was not looked at.
    expect(await of({ c: true }, 'default')).toEqual(both('action/run'))
  })

  it.each([
    ['another case', ['alert contains {"title": "1"}', 'Alert contains {"title": "2"}']],
    ['parts of it', ['alert.x := {"title": "1"}', 'alert.y := {"title": "2"}']],
  ])('is of the rule as a whole where it cannot be told apart: %s', async (_what, lines) => {
    const rules = await decidingRules([file('a.rego', 'package alert.a', 'import rego.v1', ...lines)], 'alert/a')
    expect(onlyMaker(rules)).toBe('alert.a/alert')
  })

  it('runs in the full evaluator where its package does', async () => {
    const files = [
      file(
        'a.rego',
        'package alert.a',
        'import rego.v1',
        'alert contains {"title": t} if [_, t, _] := io.jwt.decode(input.t)',
        'alert contains {"title": "b"}',
      ),
    ]
    const rules = await decidingRules(files, 'alert/a')
    expect(rules.byRule).not.toBe('')
    const [given, ...others] = await byRule(files, rules, {})
    expect(others).toEqual([])
    expect(makersIn(rules, given)({ title: 'b' })).toEqual(['alert.a/alert@a.rego#2'])
  })
})
