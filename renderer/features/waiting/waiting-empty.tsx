import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { Empty } from '../../components/failure.tsx'
import { useDeskState } from '../../app/desk-state.ts'
import { navigate } from '../../lib/route.ts'
import { useLastDecided } from '../approval/decided.ts'
import { LastDecided } from './last-decided.tsx'

/** Nothing to decide: what this place is for, and where to go. */
export function NothingWaits(): ReactNode {
  const { value: state } = useDeskState()
  const last = useLastDecided()
  const inForce = state?.counts.containments ?? 0
  return (
    <Empty title="Nothing waits for you">
      {last !== null && <LastDecided key={last} actionId={last} />}
      <p>
        Actions that change a host, an account, a file or a network stop here first. Nothing of that kind runs before
        you have read it.
      </p>
      <p className="row">
        <Button keys="g i" onClick={() => navigate('inbox')}>
          Go to Inbox
        </Button>
        {inForce > 0 && (
          <Button look="ghost" onClick={() => navigate('containments')}>
            Active containments, {inForce}
          </Button>
        )}
      </p>
    </Empty>
  )
}
