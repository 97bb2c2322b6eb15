import type { ReactNode } from 'react'

/** Whether the act of an open dialog still makes sense, and what happened where it does not. */
export interface Standing {
  /**
   * open: as when it was opened · changed: read `says` first, then it can be sent · away: not now · over: not any more
   */
  is: 'open' | 'changed' | 'away' | 'over'
  /** What happened, by whom and when */
  says: ReactNode
}

export const OPEN: Standing = { is: 'open', says: '' }

const RANK = { open: 0, changed: 1, away: 2, over: 3 } as const

/** The one that allows least. */
export function strictest(standings: readonly Standing[]): Standing {
  return standings.reduce((worst, each) => (RANK[each.is] > RANK[worst.is] ? each : worst), OPEN)
}
