import { type ReactNode, useState } from 'react'
import { RESPONSE_MODE_WORDS, type ResponseMode } from '../../shared/model/states.ts'
import type { DeskState } from '../../shared/model/views.ts'
import { Radios } from '../components/field.tsx'
import { FormDialog } from '../components/dialog.tsx'
import { Select } from '../components/select.tsx'
import { toast } from '../components/toast.tsx'
import { call } from '../lib/bridge.ts'
import { count } from '../lib/words.ts'

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

async function setMode(mode: ResponseMode, held: 'run' | 'close' | null): Promise<void> {
  const answer = await call('mode.set', { mode, held })
  if (!answer.ok) toast({ title: 'The response mode was not changed', detail: answer.error.message, isFailure: true })
}

/** The switch in the title bar. Held chains are never started by switching alone: the analyst is asked. */
export function ModeSwitch({ state }: { state: DeskState }): ReactNode {
  const [asked, setAsked] = useState<ResponseMode | null>(null)
  const change = (mode: ResponseMode) => {
    if (state.mode === 'off' && mode !== 'off' && state.heldChains > 0) setAsked(mode)
    else void setMode(mode, null)
  }
  return (
    <>
      <Select label="Response mode" value={state.mode} options={MODE_OPTIONS} onChange={change} />
      {asked && (
        <HeldDialog
          mode={asked}
          held={state.heldChains}
          isSwitch
          isInDoubt={state.doubt !== null}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}

export interface HeldDialogProps {
  /** What they run under */
  mode: ResponseMode
  held: number
  /** Asked because the mode leaves *Off*; else because they were due long ago */
  isSwitch: boolean
  /** What they would do may have been done: the database is a copy */
  isInDoubt: boolean
  onClose: () => void
}

/** What to do with the chains that were held: while nothing was allowed to start, or over a long time. */
export function HeldDialog({ mode, held, isSwitch, isInDoubt, onClose }: HeldDialogProps): ReactNode {
  const [choice, setChoice] = useState<'run' | 'close'>(isInDoubt ? 'close' : 'run')
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    await setMode(mode, choice)
    onClose()
  }
  return (
    <FormDialog
      title={isSwitch ? `Switch to ${RESPONSE_MODE_WORDS[mode]}` : `${count(held, 'chain')} held`}
      lead={`${isSwitch ? `${count(held, 'chain')} did not start while nothing was allowed to` : LONG_AGO}. Say what becomes of ${held === 1 ? 'it' : 'them'}.`}
      act={choice === 'run' ? `Run ${count(held, 'chain')}` : `Close ${count(held, 'chain')}`}
      isBusy={isBusy}
      onClose={onClose}
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
