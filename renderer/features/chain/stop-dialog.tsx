import type { ReactNode } from 'react'
import type { ChainView } from '../../../shared/model/views.ts'
import { call } from '../../lib/bridge.ts'
import { ReasonDialog } from './reason-dialog.tsx'

export function StopDialog({ chain, onClose }: { chain: ChainView; onClose: () => void }): ReactNode {
  return (
    <ReasonDialog
      title="Stop chain"
      lead="What runs is told to stop, what waits or was not started is superseded. What had run before stands."
      act="Stop chain"
      look="danger"
      onClose={onClose}
      onSubmit={(reason) => call('chains.stop', { id: chain.id, reason })}
    />
  )
}
