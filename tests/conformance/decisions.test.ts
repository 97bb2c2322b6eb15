import { afterAll, expect, it } from 'vitest'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { changedDecisions } from './decision-lines.ts'
import { expressionDecisions } from './decisions.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

it('every expression is decided as committed, by both evaluators', { timeout: 180_000 }, async () => {
  const decisions = await expressionDecisions(toolchain)
  expect(changedDecisions(decisions, ['expressions', 'numbers'])).toEqual([])
  const otherwise = decisions.map((one, i) => (i === 0 ? { ...one, said: 'something else' } : one))
  expect(changedDecisions(otherwise, ['expressions', 'numbers'])).toEqual([`numbers: ${decisions[0]!.name}`])
})
