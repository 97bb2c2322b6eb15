import type { ApprovalCard } from '../../../shared/model/views.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing, strictest } from '../../lib/standing.ts'
import { useActionStanding } from '../chain/standing.ts'
import { StaleBand } from './stale-band.tsx'

const WHAT = ['approvals', 'chains', 'state'] as const

/**
 * What became of a decision since a dialog about it was opened.
 * @param card as it was when the dialog was opened
 * @returns the card as it is now, and whether the dialog's act still makes sense
 */
export function useCardStanding(card: ApprovalCard): { now: ApprovalCard; standing: Standing } {
  const { value } = useQuery('approvals.get', { actionId: card.actionId }, { what: WHAT })
  const settled = useActionStanding(card.chainId, card.actionId, 'waiting')
  const now = value ?? card
  const changed: Standing =
    now.boundHash === card.boundHash || now.state !== 'waiting'
      ? OPEN
      : { is: 'changed', says: <StaleBand differences={now.stale ?? []} /> }
  return { now, standing: strictest([settled, changed]) }
}
