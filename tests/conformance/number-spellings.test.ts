import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOSTED_BUILTINS } from '../../electron/engine/policy/builtins/hosted.ts'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { bothAnswers, type Answer, type Answers, type Case } from './both-answers.ts'
import { FAMILIES } from './differential-cases.ts'
import { NUMBERS, SPELLINGS, USES } from './number-cases.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const answers = (cases: readonly Case[], data?: string): Promise<Answers[]> => bothAnswers(toolchain, cases, data)

/** What `r` is, beside the rules that it is made of. */
const valueOf = (text: string | undefined): unknown => (JSON.parse(text ?? '{}') as { r?: unknown }).r

/** The text with each number outside strings written another way. */
function respelled(text: string, spell: (number: string) => string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/g, (token) =>
    /^["`]/.test(token) ? token : spell(token),
  )
}

const PLAIN = JSON.stringify(NUMBERS)

const spellings = Object.values(SPELLINGS)

it('the spellings are of the same numbers', () => {
  for (const spell of spellings) {
    expect(JSON.stringify(JSON.parse(respelled(PLAIN, spell)))).toBe(PLAIN)
    expect(respelled(PLAIN, spell)).not.toBe(PLAIN)
  }
})

describe('a number is the same to both evaluators however it is written', { timeout: 120_000 }, () => {
  let wanted: { expression: string; full: Answer }[]
  beforeAll(async () => {
    const plain = await answers(USES.map((expression) => ({ expression, input: PLAIN })))
    wanted = USES.map((expression, i) => ({ expression, full: plain[i]!.full }))
    for (const { expression, full } of wanted) {
      expect({ expression, ...full }).toMatchObject({ expression, error: undefined })
      expect({ expression, ...full }).not.toMatchObject({ text: '{}' })
    }
  })
  const compare = (given: Answers[]): void => {
    for (const [i, one] of given.entries()) {
      const { expression, full } = wanted[i % USES.length]!
      expect({ expression, ...one }).toEqual({ expression, compiled: full, full })
    }
  }

  it('in an event', async () => {
    const inputs = [PLAIN, ...spellings.map((spell) => respelled(PLAIN, spell))]
    compare(await answers(inputs.flatMap((input) => USES.map((expression) => ({ expression, input })))))
  })

  it.each(Object.keys(SPELLINGS))('in a data file: %s', async (name) => {
    const cases = USES.map((expression) => ({ expression: expression.replaceAll('input.', 'data.'), input: '0' }))
    compare(await answers(cases, respelled(PLAIN, SPELLINGS[name]!)))
  })

  /** What shows the text of a number shows that of a literal, as in OPA. */
  const isText = (expression: string): boolean => /sprintf|json\.marshal/.test(expression)

  it.each(Object.keys(SPELLINGS))('in a policy: %s', async (name) => {
    const uses = wanted.filter(({ expression }) => !isText(expression))
    const spelled = uses.map(({ expression }) => ofRules(expression, SPELLINGS[name]!))
    const given = await answers(spelled.map((expression) => ({ expression, input: '0' })))
    for (const [i, { expression, full }] of uses.entries())
      for (const { text, error } of [given[i]!.compiled, given[i]!.full])
        expect({ expression, error, r: valueOf(text) }).toEqual({ expression, error: undefined, r: valueOf(full.text) })
  })

  it.each(Object.entries(FAMILIES))('in what hosted built-ins get: %s', async (_family, { expressions, inputs }) => {
    const texts = inputs.map((one) => JSON.stringify(one))
    const cases = expressions.flatMap((expression) => texts.map((input) => ({ expression, input })))
    const respelt = spellings.flatMap((spell) => cases.map((one) => ({ ...one, input: respelled(one.input, spell) })))
    const given = await answers([...cases, ...respelt])
    for (const [i, one] of respelt.entries())
      expect({ ...one, ...given[cases.length + i] }).toEqual({ ...one, ...given[i % cases.length] })
  })
})

/** The expression with rules of its own instead of the input: `n_one := 1.0`. */
function ofRules(expression: string, spell: (number: string) => string): string {
  const rules = Object.entries(NUMBERS).map(([name, value]) => `n_${name} := ${spell(JSON.stringify(value))}`)
  return [expression.replaceAll('input.', 'n_'), ...rules].join('\n\n')
}

it('digits that no double holds stay', async () => {
  const expression =
    '[input.a == 12345678901234567890, input.a == 12345678901234567891, sprintf("%d", [input.a]), input.b - 9007199254740992, {9007199254740993: "x"}[input.b]]'
  const input = '{"a": 12345678901234567890.00, "b": 9007199254740993.0}'
  const [answer] = await answers([{ expression, input }])
  expect(answer!.full.text).toBe('{"r":[true,false,"12345678901234567890",1,"x"]}')
  expect(answer!.compiled).toEqual(answer!.full)
})

describe('a literal keeps its point where its text shows', () => {
  it.each([
    ['sprintf("%.1f|%d|%v", [100.0, 1e2, 0.50])', '"100.0|%!d(float64=100)|0.5"', 'wasm'],
    ['sprintf("%.1f", [x])\n\nx := 100.0', '"100.0"', 'full'],
    ['sprintf("%s %v", [input.a, input.a > 7.0])', '"8 true"', 'wasm'],
    ['sprintf("%v", [["a", "b"][input.one]])', '"b"', 'wasm'],
    ['["a", "b"][x]\n\nx := 1.0', '"b"', 'wasm'],
  ])('%s', async (expression, text, evaluator) => {
    const [answer] = await answers([{ expression, input: '{"a": "8", "one": 1.0}' }])
    expect(JSON.parse(answer!.full.text!)).toMatchObject({ r: JSON.parse(text) as unknown })
    expect(answer!.compiled).toEqual(answer!.full)
    const files = [{ path: 'case.rego', source: `package alert.c\n\nr := ${expression}\n` }]
    const { entrypoints } = await toolchain.compile({ files, data: {}, hosted: [...HOSTED_BUILTINS], print: true })
    expect(entrypoints).toMatchObject([{ evaluator }])
  })
})
