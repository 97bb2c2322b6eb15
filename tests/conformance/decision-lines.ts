import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What was decided in one case of a corpus. */
export interface Decision {
  corpus: 'opa' | 'expressions' | 'numbers'
  /** Unique in its corpus, one line. */
  name: string
  /** Everything that must stay: result, error, evaluator. */
  said: string
}

export const DECISIONS_FILE = new URL('./decisions.txt', import.meta.url)

/** Enough to tell any two results of one case apart. */
const HASH_DIGITS = 16

/** A line for each decision: corpus, hash, name. */
export function decisionLines(decisions: readonly Decision[]): string[] {
  return decisions.map(({ corpus, name, said }) => {
    const hash = createHash('sha256').update(said).digest('hex').slice(0, HASH_DIGITS)
    return `${corpus}\t${hash}\t${name}`
  })
}

/**
 * Compares with the committed decisions.
 * @param corpora those that were decided again
 * @returns each case that is decided otherwise, is new or is missing, by its name
 */
export function changedDecisions(decisions: readonly Decision[], corpora: readonly Decision['corpus'][]): string[] {
  const committed = readFileSync(DECISIONS_FILE, 'utf8').trimEnd().split('\n')
  const before = new Set(committed.filter((line) => corpora.some((corpus) => line.startsWith(`${corpus}\t`))))
  const after = new Set(decisionLines(decisions))
  const either = [...[...before].filter((line) => !after.has(line)), ...[...after].filter((line) => !before.has(line))]
  const changed = either.map((line) => line.split('\t').toSpliced(1, 1).join(': '))
  return [...new Set(changed)].sort()
}
