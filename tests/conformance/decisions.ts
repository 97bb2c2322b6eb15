// Decides every case of the corpora again and names those that are decided otherwise than committed: run it before and after
// an upgrade of the tool chain, of opa-wasm, or a change of a built-in.
//   node scripts/node.mjs tests/conformance/decisions.ts [--write]
// Exit 1 when there is a difference; `--write` then commits to it in decisions.txt, which the tests compare.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { bothAnswers, type Case } from './both-answers.ts'
import { changedDecisions, decisionLines, DECISIONS_FILE, type Decision } from './decision-lines.ts'
import { FAMILIES } from './differential-cases.ts'
import { runThroughDispatcher } from './dispatcher.ts'
import { NUMBERS, USES } from './number-cases.ts'
import { loadOpaCases } from './opa-cases.ts'

/** The decisions of both evaluators on the expressions that the tests have. */
export async function expressionDecisions(toolchain: Toolchain): Promise<Decision[]> {
  const numbers = USES.map((expression) => ({ expression, input: JSON.stringify(NUMBERS) }))
  const families = Object.values(FAMILIES).flatMap(({ expressions, inputs }) =>
    expressions.flatMap((expression) => inputs.map((input) => ({ expression, input: JSON.stringify(input) }))),
  )
  return [...(await decide(toolchain, 'numbers', numbers)), ...(await decide(toolchain, 'expressions', families))]
}

async function decide(toolchain: Toolchain, corpus: Decision['corpus'], cases: readonly Case[]): Promise<Decision[]> {
  const answers = await bothAnswers(toolchain, cases)
  return cases.map(({ expression, input }, i) => {
    const name = corpus === 'numbers' ? expression : `${expression} with ${input}`
    return { corpus, name: JSON.stringify(name), said: JSON.stringify(answers[i]) }
  })
}

async function main(args: string[]): Promise<void> {
  const toolchain = new Toolchain()
  const expressions = await expressionDecisions(toolchain)
  await toolchain.close()
  const { decisions: opa } = await runThroughDispatcher(loadOpaCases())
  const all = [...opa, ...expressions]
  const lines = `${decisionLines(all).join('\n')}\n`
  if (args.includes('--write')) return writeFileSync(DECISIONS_FILE, lines)
  const changed = changedDecisions(all, ['opa', 'expressions', 'numbers'])
  for (const name of changed) console.log(`decided otherwise: ${name}`)
  console.log(`${all.length} decisions, ${changed.length} otherwise`)
  if (changed.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
