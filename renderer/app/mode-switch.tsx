import { type ReactNode, useState } from 'react'
import { RESPONSE_MODE_WORDS, type ResponseMode } from '../../shared/model/states.ts'
import type { DeskState } from '../../shared/model/views.ts'
import { Radios } from '../components/field.tsx'
import { FormDialog } from '../components/form-dialog.tsx'
import { Select } from '../components/select.tsx'
import { toast } from '../components/toast.tsx'
import { call } from '../lib/bridge.ts'
import { closeDialog, openDialog } from '../lib/open-dialog.ts'
import { OPEN, type Standing } from '../lib/standing.ts'
import { count } from '../lib/words.ts'
import { useDeskState } from './desk-state.ts'

export const MODE_OPTIONS: readonly { value: ResponseMode; label: string; hint: string }[] = [
  { value: 'off', label: RESPONSE_MODE_WORDS.off, hint: 'Alerts come in, no chain starts.' },
  { value: 'dry-run', label: RESPONSE_MODE_WORDS['dry-run'], hint: 'Plans are shown, nothing runs.' },
  { value: 'ask', label: RESPONSE_MODE_WORDS.ask, hint: 'What tells someone or changes something waits for you.' },
  {
    value: 'policy',
    label: RESPONSE_MODE_WORDS.policy,
    hint: 'What changes something waits, unless the policy says otherwise.',
  },
]

const LONG_AGO = 'What they answer to came while Tocsin did not run or the machine slept, more than an hour ago'

/** @returns whether it was switched; a refusal is told */
async function setMode(mode: ResponseMode, held: 'run' | 'close' | null): Promise<boolean> {
  const answer = await call('mode.set', { mode, held })
  if (!answer.ok) toast({ title: 'The response mode was not changed', detail: answer.error.message, isFailure: true })
  return answer.ok
}

/** The switch in the title bar. Held chains are never started by switching alone: the analyst is asked. */
export function ModeSwitch({ state }: { state: DeskState }): ReactNode {
  const change = (mode: ResponseMode) => {
    if (state.mode === 'off' && mode !== 'off' && state.heldChains > 0) openDialog(<HeldDialog to={mode} />)
    else void setMode(mode, null)
  }
  return <Select label="Response mode" value={state.mode} options={MODE_OPTIONS} onChange={change} />
}

export interface HeldDialogProps {
  /** What the mode switches to; null: they are asked about because they were due long ago, under the mode that is set */
  to: ResponseMode | null
}

/** What to do with the chains that were held: while nothing was allowed to start, or over a long time. */
export function HeldDialog({ to }: HeldDialogProps): ReactNode {
  const { value: state } = useDeskState()
  const held = state?.heldChains ?? 0
  const mode = to ?? state?.mode ?? 'off'
  // What they would do may have been done: the database is a copy.
  const isInDoubt = state !== null && state.doubt !== null
  const [choice, setChoice] = useState<'run' | 'close'>(isInDoubt ? 'close' : 'run')
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    const isDone = await setMode(mode, choice)
    setBusy(false)
    if (isDone) closeDialog()
  }
  return (
    <FormDialog
      title={to !== null ? `Switch to ${RESPONSE_MODE_WORDS[mode]}` : `${count(held, 'chain')} held`}
      lead={`${to !== null ? `${count(held, 'chain')} did not start while nothing was allowed to` : LONG_AGO}. Say what becomes of ${held === 1 ? 'it' : 'them'}.`}
      act={choice === 'run' ? `Run ${count(held, 'chain')}` : `Close ${count(held, 'chain')}`}
      isBusy={isBusy}
      standing={state ? heldStanding(state, to !== null) : OPEN}
      onSubmit={() => void submit()}
    >
      <Radios
        label="Held chains"
        value={choice}
        onChange={setChoice}
        options={[
          {
            value: 'run',
            label: 'Run',
            hint: isInDoubt
              ? `They go on under “${RESPONSE_MODE_WORDS[mode]}”. What they did after the copy was made is done again.`
              : `They start now, at most 16 at once, under “${RESPONSE_MODE_WORDS[mode]}”.`,
          },
          { value: 'close', label: 'Close', hint: 'They end as stopped. Their alerts stay in the inbox.' },
        ]}
      />
    </FormDialog>
  )
}

function heldStanding({ heldChains, mode }: DeskState, isSwitch: boolean): Standing {
  if (isSwitch === (mode !== 'off'))
    return { is: 'over', says: `The response mode was switched to “${RESPONSE_MODE_WORDS[mode]}” in another window.` }
  return heldChains > 0 ? OPEN : { is: 'over', says: 'No chain is held any more: another window ran or closed them.' }
}
