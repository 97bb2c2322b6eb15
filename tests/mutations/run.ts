import { MUTATIONS } from './list.ts'
import type { Mutation } from './mutation.ts'
import { ScratchCopy, type Verdict } from './scratch-copy.ts'

/** `npm run test:mutations [-- a word of the name, or of the file]`: makes each fault and sees its test fail. */
const WORDS: Record<Verdict, string> = { failed: 'killed', passed: 'SURVIVED', broken: 'BROKEN' }

const words = process.argv.slice(2)
const isMeant = ({ name, file }: Mutation): boolean =>
  words.length === 0 || words.some((word) => name.includes(word) || file.includes(word))

const copy = new ScratchCopy()
const table: object[] = []
try {
  const chosen = MUTATIONS.filter(isMeant)
  // A test that fails by itself would kill everything.
  if (copy.run([...new Set(chosen.map(({ test }) => test))]) !== 'passed')
    throw new Error('The tests fail without any fault: run `npm test` first')
  for (const [index, mutation] of chosen.entries()) {
    const verdict = WORDS[copy.tryOut(mutation)]
    process.stdout.write(`${index + 1}/${chosen.length} ${verdict.padEnd(8)} ${mutation.name}\n`)
    table.push({ mutation: mutation.name, file: mutation.file, test: mutation.test, verdict })
  }
} finally {
  copy.remove()
}
console.table(table)
const bad = table.filter((row) => !('verdict' in row) || row.verdict !== WORDS.failed).length
process.stdout.write(`${table.length - bad} of ${table.length} killed\n`)
process.exitCode = bad === 0 && table.length > 0 ? 0 : 1
