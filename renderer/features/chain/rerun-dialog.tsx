import { type ReactNode, useState } from 'react'
import type { ChainView } from '../../../shared/model/views.ts'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { When } from '../../components/age.tsx'
import { FormDialog } from '../../components/dialog.tsx'
import { Choice, Radios } from '../../components/field.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { count } from '../../lib/words.ts'

export interface RerunDialogProps {
  chain: ChainView
  onClose: () => void
  /** Told the new run's id */
  onDone: (chainId: string) => void
}

/** A new run of the chain; the earlier ones stay as they are. */
export function RerunDialog({ chain, onClose, onDone }: RerunDialogProps): ReactNode {
  const steps = chain.rounds.flatMap(({ no, actions }) => actions.map((action) => ({ ...action, round: no })))
  const hasFailed = steps.some(({ state }) => state === 'failed')
  const [what, setWhat] = useState<'everything' | 'step' | 'failed'>('everything')
  const [step, setStep] = useState((steps.find(({ state }) => state !== 'succeeded') ?? steps.at(-1))?.id ?? '')
  const [policy, setPolicy] = useState<'same' | 'current'>('same')
  const [isConfirmed, setConfirmed] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const scope = { id: chain.id, what, ...(what === 'step' ? { fromActionId: step } : {}) }
  const { value: preview, error } = useQuery('chains.rerunPreview', scope, { what: ['chains'], chainId: chain.id })
  const needsConfirmation = (preview?.effects.length ?? 0) > 0
  const submit = async () => {
    setBusy(true)
    const answer = await call('chains.rerun', { ...scope, policy, isConfirmed })
    setBusy(false)
    if (!answer.ok) return setFailure(answer.error.message)
    invalidate(['alerts', 'chains', 'approvals', 'state'])
    onDone(answer.value.chainId)
    onClose()
  }
  return (
    <FormDialog
      title="Re-run"
      lead={`Run ${chain.runNo} stays as it is; a new run begins. What needs your approval waits again.`}
      act="Re-run"
      isBusy={isBusy}
      failure={failure || error?.message}
      canSubmit={preview !== null && preview.refusal === null && (!needsConfirmation || isConfirmed)}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      {preview?.refusal && (
        <p className="cause" role="alert">
          <State kind="fail">Not possible</State>
          <Text value={preview.refusal.message} canExpand />
        </p>
      )}
      <Radios
        label="What"
        value={what}
        onChange={setWhat}
        options={[
          { value: 'everything', label: 'Everything', hint: 'From the alert as it was received.' },
          {
            value: 'step',
            label: 'From this step',
            hint:
              steps.length > 1 ? 'Recorded results stand in for what ran before it.' : 'This run has no earlier step.',
            isDisabled: steps.length < 2,
          },
          {
            value: 'failed',
            label: 'Failed only',
            hint: hasFailed ? 'Recorded results stand in for what succeeded.' : 'Nothing in this run failed.',
            isDisabled: !hasFailed,
          },
        ]}
      />
      {what === 'step' && (
        <Choice
          label="Step"
          value={step}
          onChange={setStep}
          options={steps.map(({ id, label, round }) => ({
            value: id,
            label: `Round ${round}: ${visibleText(label, 100)}`,
          }))}
        />
      )}
      <Radios
        label="Policy"
        value={policy}
        onChange={setPolicy}
        options={[
          { value: 'same', label: 'Same version', hint: `v${chain.policyNumber}, as this run used.` },
          {
            value: 'current',
            label: 'Current version',
            hint: preview ? `v${preview.currentPolicyNumber}, live now.` : '',
          },
        ]}
      />
      {preview && needsConfirmation && (
        <div>
          <p>{count(preview.effects.length, 'effect')} of this run may happen again:</p>
          <ul className="hist">
            {preview.effects.map((effect) => (
              <li key={effect.actionId}>
                <span className="muted">
                  <When at={effect.at} />
                </span>
                <span>
                  <ActName act={effect} /> <OwnTitle act={effect} />
                </span>
              </li>
            ))}
          </ul>
          <p>
            <label className="check">
              <input
                type="checkbox"
                className="box"
                checked={isConfirmed}
                onChange={() => setConfirmed(!isConfirmed)}
              />
              They may happen again
            </label>
          </p>
        </div>
      )}
    </FormDialog>
  )
}
