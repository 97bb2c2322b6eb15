import type { ReactNode } from 'react'
import { call } from '../../lib/bridge.ts'
import { ReasonDialog } from './reason-dialog.tsx'
import { useChainStanding } from './standing.ts'

/** Ends a chain, with a reason. */
export function StopDialog({ chainId }: { chainId: string }): ReactNode {
  return (
    <ReasonDialog
      title="Stop chain"
      lead="What runs is told to stop, what waits or was not started is superseded. What had run before stands."
      act="Stop chain"
      look="danger"
      standing={useChainStanding(chainId)}
      onSubmit={(reason) => call('chains.stop', { id: chainId, reason })}
    />
  )
}
