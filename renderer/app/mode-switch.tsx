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

async function setMode(mode: ResponseMode, held: 'run' | 'close' | null): Promise<void> {
  const answer = await call('mode.set', { mode, held })
  if (!answer.ok) toast({ title: 'The response mode was not changed', detail: answer.error.message, isFailure: true })
}

/** The switch in the title bar. Held chains are never started by switching alone: the analyst is asked. */
export function ModeSwitch({ state }: { state: DeskState }): ReactNode {
  const [asked, setAsked] = useState<ResponseMode | null>(null)
  const change = (mode: ResponseMode) => {
    if (mode !== 'off' && state.heldChains > 0) setAsked(mode)
    else void setMode(mode, null)
  }
  return (
    <>
      <Select label="Response mode" value={state.mode} options={MODE_OPTIONS} onChange={change} />
      {asked && <HeldDialog mode={asked} held={state.heldChains} onClose={() => setAsked(null)} />}
    </>
  )
}

/** What to do with the chains that were held while nothing was allowed to start. */
export function HeldDialog({
  mode,
  held,
  onClose,
}: {
  mode: ResponseMode
  held: number
  onClose: () => void
}): ReactNode {
  const [choice, setChoice] = useState<'run' | 'close'>('run')
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    await setMode(mode, choice)
    onClose()
  }
  return (
    <FormDialog
      title={`Switch to ${RESPONSE_MODE_WORDS[mode]}`}
      lead={`${count(held, 'chain')} did not start while nothing was allowed to. Say what becomes of ${held === 1 ? 'it' : 'them'}.`}
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
          { value: 'run', label: 'Run', hint: 'They start now, at most 16 at once, under the new mode.' },
          { value: 'close', label: 'Close', hint: 'They end as stopped. Their alerts stay in the inbox.' },
        ]}
      />
    </FormDialog>
  )
}
