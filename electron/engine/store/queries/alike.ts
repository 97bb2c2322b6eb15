/** What makes two actions alike: they can be folded, and decided in one act. */
export interface Asker {
  uses: string
  policyVersionId: string
  /** The rule that asked; null where it is not known. */
  file: string | null
  row: number | null
  chainId: string
  roundNo: number
}

/**
 * For each action a text that is equal for those of one `uses` that one rule of one policy version asked for. A round that
 * proposes many finds the rules of a few in its time: where these all name one rule, the others of the round count as its
 * own. Where they name several, those without a rule are alike among themselves.
 */
export function alikeKeys(askers: readonly Asker[]): string[] {
  const rules = new Map<string, Set<string>>()
  for (const asker of askers) {
    const known = rules.get(roundKey(asker)) ?? new Set<string>()
    rules.set(roundKey(asker), known)
    if (asker.file !== null) known.add(ruleKey(asker))
  }
  return askers.map((asker) => {
    if (asker.file !== null) return ruleKey(asker)
    const [rule, another] = rules.get(roundKey(asker)) ?? []
    return rule !== undefined && another === undefined ? rule : roundKey(asker)
  })
}

function ruleKey({ uses, policyVersionId, file, row }: Asker): string {
  return JSON.stringify([uses, policyVersionId, file, row])
}

function roundKey({ uses, chainId, roundNo }: Asker): string {
  return JSON.stringify([uses, chainId, roundNo])
}
