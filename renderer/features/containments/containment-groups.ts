import type { ContainmentRow } from '../../../shared/model/containment.ts'

/** What of the list is shown. */
export const SHOWN = ['all', 'drifted', 'unconfirmed'] as const
export type Shown = (typeof SHOWN)[number]

export const SHOWN_WORDS = {
  all: 'All',
  drifted: 'Changed elsewhere',
  unconfirmed: 'Not confirmed',
} as const satisfies Record<Shown, string>

/** All that is in force on one target. */
export interface TargetGroup {
  key: string
  rows: ContainmentRow[]
}

export function isShown(row: ContainmentRow, shown: Shown): boolean {
  switch (shown) {
    case 'all':
      return true
    case 'drifted':
      return row.standing === 'drifted'
    case 'unconfirmed':
      return row.stage === 'requested' || row.stage === 'accepted' || row.standing === 'unreadable'
  }
}

/**
 * Groups what matches by target; targets and their rows stay in the order of the list.
 * @param text every word of it stands in a row's target, act, action or alert
 */
export function targetGroups(
  rows: readonly ContainmentRow[],
  { text, shown }: { text: string; shown: Shown },
): TargetGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = rows.filter((row) => isShown(row, shown) && words.every((word) => textOf(row).includes(word)))
  const groups = Map.groupBy(matching, ({ targetKey, attemptId }) => (targetKey === '' ? attemptId : targetKey))
  return [...groups].map(([key, of]) => ({ key, rows: of }))
}

function textOf({ target, title, name, uses, alertTitle }: ContainmentRow): string {
  return [target, title, name, uses, alertTitle].join('\n').toLowerCase()
}
