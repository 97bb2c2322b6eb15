import type { ActionRecord } from './records.ts'

/** Who an act is by. */
export const SYSTEM = 'system'
export const ANALYST = 'analyst'
/** The command line that a process was started with. */
export const COMMAND = 'command'

/** What an act about an action is about, and where that stands. */
export function aboutAction({ id, chainId, roundNo }: Pick<ActionRecord, 'id' | 'chainId' | 'roundNo'>) {
  return { subjectKind: 'action', subjectId: id, chainId, roundNo, actionId: id } as const
}

/** What an act about a chain is about. */
export function aboutChain(id: string) {
  return { subjectKind: 'chain', subjectId: id, chainId: id } as const
}
