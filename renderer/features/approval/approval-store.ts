import { create } from 'zustand'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { call } from '../../lib/bridge.ts'
import { invalidate } from '../../lib/query.ts'
import { markDecided } from './decided.ts'

/** A decision on its way, or why it was refused. Nothing is shown as decided before the engine says so. */
export interface Decision {
  isBusy: boolean
  failure: string
}

const useDecisions = create<Record<string, Decision>>(() => ({}))
const NONE: Decision = { isBusy: false, failure: '' }

export function useDecision(actionId: string): Decision {
  return useDecisions((decisions) => decisions[actionId]) ?? NONE
}

/** Changed arguments and the hash that came with the plan shown for them. */
export interface Edit {
  args: JsonObject
  boundHash: string
}

/** What an approval says beside its yes. */
export interface Given {
  edit?: Edit
  why?: string
  /** What was typed to confirm what cannot be taken back */
  typedTarget?: string
}

/**
 * Approves what was shown, and only that: the hash says what was looked at.
 * @returns taken; late: somebody was first; refused: `useDecision` says why
 */
export async function approve(
  card: ApprovalCard,
  { edit, why = '', typedTarget }: Given = {},
): Promise<'taken' | 'late' | 'refused'> {
  const { actionId } = card
  if (useDecisions.getState()[actionId]?.isBusy) return 'refused'
  useDecisions.setState({ [actionId]: { isBusy: true, failure: '' } })
  const answer = await call('approvals.approve', {
    actionId,
    boundHash: edit?.boundHash ?? card.boundHash,
    isStaleConfirmed: card.stale !== null,
    editedArgs: edit?.args ?? null,
    why,
    typedTarget: typedTarget ?? null,
  })
  useDecisions.setState({ [actionId]: { isBusy: false, failure: answer.ok ? '' : answer.error.message } })
  if (answer.ok && answer.value.isYours) markDecided(actionId)
  invalidate(['approvals', 'chains', 'alerts', 'containments', 'state'])
  if (!answer.ok) return 'refused'
  return answer.value.isYours ? 'taken' : 'late'
}
