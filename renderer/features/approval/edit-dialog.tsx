import { type ReactNode, useEffect, useState } from 'react'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { FormDialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { call } from '../../lib/bridge.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { ArgField } from './arg-field.tsx'
import { argText } from './arguments.tsx'
import { approve, useDecision } from './approval-store.ts'
import { Change } from './change.tsx'
import { type EditField, editedArgs, fieldsOf, textOf } from './edit-fields.ts'

/** Typing stops this long before the plan is made again. */
const PAUSE_MS = 300

interface Plan {
  /** The arguments it was made for */
  key: string
  lines: readonly { key: string; value: string }[]
  /** What approving these arguments must carry; '' until it is known */
  boundHash: string
  failure: string
}

const NO_PLAN: Plan = { key: '', lines: [], boundHash: '', failure: '' }

/**
 * What would happen with these arguments, as the action itself says.
 * @param looks counts up to have it made again
 */
function usePlan(actionId: string, edited: JsonObject | null, looks: number): Plan {
  const [plan, setPlan] = useState(NO_PLAN)
  const key = edited && Object.keys(edited).length > 0 ? JSON.stringify(edited) : ''
  useEffect(() => {
    if (key === '') return undefined
    let isCurrent = true
    const ask = async () => {
      const answer = await call('approvals.plan', { actionId, args: JSON.parse(key) as JsonObject })
      if (!isCurrent) return
      const made = answer.ok ? { lines: answer.value.plan, boundHash: answer.value.boundHash } : {}
      setPlan({ ...NO_PLAN, key, ...made, failure: answer.ok ? '' : answer.error.message })
    }
    const timer = window.setTimeout(() => void ask(), PAUSE_MS)
    return () => {
      isCurrent = false
      window.clearTimeout(timer)
    }
  }, [actionId, key, looks])
  return plan.key === key ? plan : NO_PLAN
}

/** Arguments can be changed before they are approved; both versions are stored. */
export function EditDialog({ card, onClose }: { card: ApprovalCard; onClose: () => void }): ReactNode {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [why, setWhy] = useState('')
  const { isBusy, failure } = useDecision(card.actionId)
  // What nobody set and nobody may set is not asked for.
  const fields = fieldsOf(card).filter(({ locked, value }) => locked === null || value !== undefined)
  const edited = editedArgs(fields, texts)
  const [looks, setLooks] = useState(0)
  const plan = usePlan(card.actionId, edited, looks)
  const hasChanges = edited !== null && Object.keys(edited).length > 0
  const submit = async () => {
    if (!edited) return
    if (await approve(card, { args: edited, boundHash: plan.boundHash }, why.trim())) onClose()
    // What was refused may be the plan: the analyst looks at the present one before the next try.
    else setLooks(looks + 1)
  }
  return (
    <FormDialog
      title={`Edit: ${actText(card)}`}
      lead="Your approval is for the changed arguments. What the policy asked for is stored beside them."
      act="Approve with changes"
      look="needs"
      width="wide"
      isBusy={isBusy}
      failure={failure || plan.failure}
      canSubmit={hasChanges && plan.boundHash !== ''}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      {fields.map((field) => (
        <ArgField
          key={field.key}
          field={field}
          text={texts[field.key] ?? textOf(field)}
          onChange={(text) => setTexts({ ...texts, [field.key]: text })}
        />
      ))}
      {hasChanges && (
        <div>
          <div className="lab2">What changes</div>
          <div className="args">
            {Object.entries(edited).map(([key, value]) => (
              <ChangeLine key={key} name={key} field={fields.find((each) => each.key === key)} value={value} />
            ))}
            {plan.lines.map((line) => (
              <PlanLine key={line.key} line={line} old={card.plan.find((each) => each.key === line.key)?.value} />
            ))}
          </div>
        </div>
      )}
      <Field label="Why (optional)" value={why} maxLength={2000} onChange={setWhy} />
    </FormDialog>
  )
}

interface ChangeLineProps {
  name: string
  field: EditField | undefined
  value: JsonValue
}

function ChangeLine({ name, field, value }: ChangeLineProps): ReactNode {
  return (
    <>
      <span className="k">{visibleText(name, 80)}</span>
      <span className="v">
        <Change before={field?.value === undefined ? '' : argText(field.value)} after={argText(value)} />
      </span>
    </>
  )
}

function PlanLine({ line, old }: { line: { key: string; value: string }; old: string | undefined }): ReactNode {
  if (old === line.value) return null
  return (
    <>
      <span className="k">plan: {visibleText(line.key, 80)}</span>
      <span className="v">
        <Change before={old ?? ''} after={line.value} />
      </span>
    </>
  )
}
