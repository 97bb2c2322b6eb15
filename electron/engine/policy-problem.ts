import { SYSTEM } from './chain/chain-deps.ts'
import type { Diagnostic } from './policy/toolchain/types.ts'
import type { Store } from './store/store.ts'

/**
 * Keeps the one row of *Problems* that says why the policy folder is not live (`design.md` §4): made when a save does not
 * compile, replaced when the cause changes, resolved when the folder is live again.
 * @param diagnostics why the folder is not live; null when it is
 */
export async function keepPolicyProblem(
  { problems, writer }: Pick<Store, 'problems' | 'writer'>,
  diagnostics: readonly Diagnostic[] | null,
): Promise<void> {
  const open = problems.openPolicyCompile()
  const details = diagnostics === null ? null : { diagnostics: diagnostics.map((diagnostic) => ({ ...diagnostic })) }
  if (JSON.stringify(open?.details ?? null) === JSON.stringify(details)) return
  await writer.commit('problem', (tx) => {
    if (open !== null) problems.resolve(tx, open.id, details === null ? 'processed' : 'replaced', SYSTEM)
    if (details === null) return
    const message = details.diagnostics[0]?.message ?? ''
    problems.add(tx, { code: 'policy_compile', schema: '', eventId: null, chainId: null, message, details })
  })
}
