import type { ReactNode } from 'react'
import { openPolicy } from '../features/policy/policy-store.ts'

/** The place of a rule, e.g. `action/main.rego:41`; opens that version of the policy there. */
export function RulePlace({
  versionId,
  file,
  row,
  endRow,
}: {
  versionId: string
  file: string
  row: number
  endRow?: number
}): ReactNode {
  const rows = endRow && endRow !== row ? `${row}–${endRow}` : `${row}`
  return (
    <button
      type="button"
      className="link mono"
      onClick={() => openPolicy({ versionId, file, row, endRow: endRow ?? row })}
    >
      {file}:{rows}
    </button>
  )
}
