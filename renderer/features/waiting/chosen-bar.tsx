import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { useCommands } from '../../lib/commands.ts'
import { count } from '../../lib/words.ts'
import { decideTogether } from '../approval/together-dialog.tsx'
import type { Chosen } from './chosen.ts'

/** What is chosen, and what can be done with it. */
export function ChosenBar({ chosen }: { chosen: Chosen }): ReactNode {
  const begin = (decision: 'approve' | 'reject') => decideTogether(decision, [...chosen.ids])
  const hasChosen = chosen.rows.length > 0
  useCommands(
    hasChosen
      ? [
          {
            id: 'approve-together',
            title: `Approve ${count(chosen.rows.length, 'chosen decision')} together…`,
            group: 'On this decision',
            keys: ['Shift+A'],
            run: () => begin('approve'),
          },
          {
            id: 'reject-together',
            title: `Reject ${count(chosen.rows.length, 'chosen decision')} together…`,
            group: 'On this decision',
            keys: ['Shift+R'],
            run: () => begin('reject'),
          },
        ]
      : [],
  )
  if (!hasChosen) return null
  return (
    <div className="chosen" role="toolbar" aria-label="Chosen decisions">
      <span role="status">
        <b>{chosen.rows.length.toLocaleString('en-US')}</b> chosen
      </span>
      {chosen.others > 0 && (
        <Button look="ghost" isSmall keys="* a" onClick={() => chosen.all(null)}>
          All {(chosen.rows.length + chosen.others).toLocaleString('en-US')} alike
        </Button>
      )}
      <span className="grow" />
      <Button look="ghost" isSmall onClick={chosen.clear}>
        Clear
      </Button>
      <span className="row answers">
        <Button isSmall keys="Shift+R" onClick={() => begin('reject')}>
          Reject together…
        </Button>
        <Button look="needs" isSmall keys="Shift+A" onClick={() => begin('approve')}>
          Approve together…
        </Button>
      </span>
    </div>
  )
}
