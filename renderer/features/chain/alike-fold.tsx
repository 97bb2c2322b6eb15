import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ActionView, ChainView } from '../../../shared/model/views.ts'
import { Icon } from '../../components/icon.tsx'
import { ActionStateWord } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { decideTogether } from '../approval/together-dialog.tsx'
import { Button } from '../../components/button.tsx'
import { ActionStep } from './action-step.tsx'
import { WaitingStep } from './waiting-step.tsx'

/** Lines that an unfolded kind shows, and what each *more* adds. */
const STEP = 50

export interface AlikeFoldProps {
  actions: readonly ActionView[]
  /** With those of the kind that stand in full before */
  kind: readonly ActionView[]
  chain: ChainView
}

/** The rest of a kind: so many actions that one rule asked for, in one state. */
export function AlikeFold({ actions, kind, chain }: AlikeFoldProps): ReactNode {
  const [shown, setShown] = useState(0)
  const [first] = actions
  if (!first) return null
  const isOpen = shown > 0
  const left = actions.length - shown
  return (
    <>
      <div className="alike">
        <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setShown(isOpen ? 0 : STEP)}>
          <Icon of={isOpen ? ChevronDown : ChevronRight} />
          <b>{actions.length.toLocaleString('en-US')}</b> like this
        </button>
        <span className="mono muted ell grow">
          <Text value={first.uses} max={60} />
        </span>
        <ActionStateWord state={first.state} hasIcon />
        {first.state === 'waiting' && <DecideTogether kind={kind} />}
      </div>
      {actions
        .slice(0, shown)
        .map((action) =>
          action.state === 'waiting' ? (
            <WaitingStep key={action.id} action={action} chain={chain} mounts="on-demand" />
          ) : (
            <ActionStep key={action.id} action={action} chain={chain} isCrowd />
          ),
        )}
      {isOpen && left > 0 && (
        <p className="alike">
          <button type="button" className="link" onClick={() => setShown(shown + STEP)}>
            Show {Math.min(STEP, left)} more
          </button>
          <span className="muted">{left.toLocaleString('en-US')} not shown</span>
        </p>
      )}
    </>
  )
}

/** One answer for all that are alike, those that stand in full included. */
function DecideTogether({ kind }: { kind: readonly ActionView[] }): ReactNode {
  const ids = kind.map(({ id }) => id)
  const all = ids.length.toLocaleString('en-US')
  return (
    <>
      <Button isSmall onClick={() => decideTogether('reject', ids)}>
        Reject all {all}…
      </Button>
      <Button isSmall look="needs" onClick={() => decideTogether('approve', ids)}>
        Approve all {all}…
      </Button>
    </>
  )
}
