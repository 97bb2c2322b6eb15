import type { ReactNode } from 'react'
import type { NamedAct } from '../../../shared/model/act-title.ts'
import { Button } from '../../components/button.tsx'
import { actText } from '../../lib/acts.ts'
import { call } from '../../lib/bridge.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { markDecided } from '../approval/decided.ts'
import { ReasonDialog } from './reason-dialog.tsx'
import { useActionStanding } from './standing.ts'

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

export interface UnknownAnswersProps {
  actionId: string
  chainId: string
  act: NamedAct
}

/** The three answers to an outcome that nobody knows. */
export function UnknownAnswers(props: UnknownAnswersProps): ReactNode {
  return (
    <>
      <p>
        Tocsin stopped, or lost the answer, after this was sent. It may have happened; it is never repeated by itself.
      </p>
      <div className="answers">
        {NAMES.map((name) => (
          <Button key={name} isSmall onClick={() => openDialog(<AnswerDialog {...props} name={name} />)}>
            {ANSWERS[name].button}
          </Button>
        ))}
      </div>
    </>
  )
}

function AnswerDialog({ actionId, chainId, act: about, name }: UnknownAnswersProps & { name: AnswerName }): ReactNode {
  const { act, lead } = ANSWERS[name]
  const send = async (reason: string) => {
    const answer = await call('actions.settleUnknown', { actionId, answer: name, reason })
    if (answer.ok && answer.value.isYours) markDecided(actionId)
    return answer
  }
  return (
    <ReasonDialog
      title={`${act}: ${actText(about)}`}
      lead={lead}
      act={act}
      look={name === 'again' ? 'danger' : 'main'}
      standing={useActionStanding(chainId, actionId, 'unknown')}
      onSubmit={send}
    />
  )
}
