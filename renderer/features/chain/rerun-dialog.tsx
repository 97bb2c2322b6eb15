import { type ReactNode, useState } from 'react'
import type { CallResult } from '../../../shared/contract.ts'
import type { ChainView } from '../../../shared/model/views.ts'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { When } from '../../components/age.tsx'
import { Choice, Radios } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { closeDialog } from '../../lib/open-dialog.ts'
import { invalidate, useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { count } from '../../lib/words.ts'

export interface RerunDialogProps {
  chain: ChainView
  /** Told the new run's id */
  onDone: (chainId: string) => void
}

/** A new run of the chain; the earlier ones stay as they are. */
export function RerunDialog({ chain, onDone }: RerunDialogProps): ReactNode {
  const steps = chain.rounds.flatMap(({ no, actions }) => actions.map((action) => ({ ...action, round: no })))
  const hasFailed = steps.some(({ state }) => state === 'failed')
  const [what, setWhat] = useState<'everything' | 'step' | 'failed'>('everything')
  const [step, setStep] = useState((steps.find(({ state }) => state !== 'succeeded') ?? steps.at(-1))?.id ?? '')
  const [policy, setPolicy] = useState<'same' | 'current'>('same')
  const [confirmed, setConfirmed] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const scope = { id: chain.id, what, ...(what === 'step' ? { fromActionId: step } : {}) }
  const { value: preview, error } = useQuery('chains.rerunPreview', scope, { what: ['chains'], chainId: chain.id })
  const standing = useRerunStanding(chain)
  const effects = preview?.effects ?? []
  // What was confirmed is this list: another one is confirmed anew.
  const listed = effects.map((effect) => effect.actionId).join(' ')
  const isConfirmed = listed !== '' && confirmed === listed
  const needsConfirmation = effects.length > 0
  const submit = async () => {
    setBusy(true)
    const answer = await call('chains.rerun', { ...scope, policy, isConfirmed })
    setBusy(false)
    if (!answer.ok) return setFailure(answer.error.message)
    invalidate(['alerts', 'chains', 'approvals', 'state'])
    onDone(answer.value.chainId)
    closeDialog()
  }
  return (
    <FormDialog
      title="Re-run"
      lead={`Run ${chain.runNo} stays as it is; a new run begins. What needs your approval waits again.`}
      act="Re-run"
      isBusy={isBusy}
      failure={failure || error?.message}
      standing={standing}
      cannot={cannotRun(preview, needsConfirmation && !isConfirmed)}
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
      {needsConfirmation && (
        <div>
          <p>{count(effects.length, 'effect')} of this run may happen again:</p>
          <ul className="hist">
            {effects.map((effect) => (
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
                onChange={() => setConfirmed(isConfirmed ? '' : listed)}
              />
              They may happen again
            </label>
          </p>
        </div>
      )}
    </FormDialog>
  )
}

/** Why it cannot begin yet; '' when it can. */
function cannotRun(preview: CallResult<'chains.rerunPreview'> | null, isUnconfirmed: boolean): string {
  if (preview === null) return 'What would happen again is being looked up.'
  if (preview.refusal !== null) return preview.refusal.message
  return isUnconfirmed ? 'Say first that these effects may happen again.' : ''
}

/** Another window may have started the next run meanwhile. */
function useRerunStanding({ alertId }: ChainView): Standing {
  const { value: alert } = useQuery('alerts.get', { id: alertId }, { what: ['alerts', 'chains', 'state'], alertId })
  const newest = alert?.chains.at(-1)?.runNo ?? null
  const [seen, setSeen] = useState(newest)
  if (seen === null && newest !== null) setSeen(newest)
  if (seen === null || newest === null || newest <= seen) return OPEN
  return {
    is: 'changed',
    says: `Run ${newest} has begun since you opened this: look at it before you start another one.`,
  }
}
