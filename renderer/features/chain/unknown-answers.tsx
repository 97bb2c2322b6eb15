import { type ReactNode, useState } from 'react'
import type { NamedAct } from '../../../shared/model/act-title.ts'
import { Button } from '../../components/button.tsx'
import { actText } from '../../lib/acts.ts'
import { call } from '../../lib/bridge.ts'
import { ReasonDialog } from './reason-dialog.tsx'

const ANSWERS = {
  done: {
    button: 'Mark as done…',
    act: 'Mark as done',
    lead: 'The chain goes on as if it had succeeded. Look at the target first: nothing is checked.',
  },
  not_done: {
    button: 'Mark as not done…',
    act: 'Mark as not done',
    lead: 'The chain goes on as if it had failed. Look at the target first: nothing is checked.',
  },
  again: {
    button: 'Try again…',
    act: 'Try again',
    lead: 'It is sent once more. If the first one did reach its target, it happens twice.',
  },
} as const

type AnswerName = keyof typeof ANSWERS
const NAMES: readonly AnswerName[] = ['done', 'not_done', 'again']

/** The three answers to an outcome that nobody knows. */
export function UnknownAnswers({ actionId, act }: { actionId: string; act: NamedAct }): ReactNode {
  const [open, setOpen] = useState<AnswerName | null>(null)
  return (
    <>
      <p>
        Tocsin stopped, or lost the answer, after this was sent. It may have happened; it is never repeated by itself.
      </p>
      <div className="answers">
        {NAMES.map((name) => (
          <Button key={name} isSmall onClick={() => setOpen(name)}>
            {ANSWERS[name].button}
          </Button>
        ))}
      </div>
      {open && (
        <ReasonDialog
          title={`${ANSWERS[open].act}: ${actText(act)}`}
          lead={ANSWERS[open].lead}
          act={ANSWERS[open].act}
          look={open === 'again' ? 'danger' : 'main'}
          onClose={() => setOpen(null)}
          onSubmit={(reason) => call('actions.settleUnknown', { actionId, answer: open, reason })}
        />
      )}
    </>
  )
}
