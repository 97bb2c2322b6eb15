import type { ReactNode } from 'react'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { Change } from './change.tsx'
import { TriangleAlert } from 'lucide-react'

/** What changed since the approval was asked for: only the differences. */
export function StaleBand({ differences }: { differences: NonNullable<ApprovalCard['stale']> }): ReactNode {
  return (
    <div className="stalebar">
      <State kind="stale" icon={TriangleAlert}>
        Stale: this changed after it was proposed
      </State>
      <ul>
        {differences.map((difference, index) => (
          <li key={index} className="mono">
            <span className="muted">
              <Text value={difference.what} max={200} />
            </span>
            <Change before={difference.before} after={difference.after} />
          </li>
        ))}
      </ul>
    </div>
  )
}
