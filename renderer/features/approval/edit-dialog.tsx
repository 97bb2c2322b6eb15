import { type ReactNode, useRef, useState } from 'react'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { Field } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { closeDialog } from '../../lib/open-dialog.ts'
import { type Standing, strictest } from '../../lib/standing.ts'
import { useRead } from '../../lib/use-read.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { actText } from '../../lib/acts.ts'
import { approve, useDecision } from './approval-store.ts'
import { ArgField } from './arg-field.tsx'
import { argText } from './arguments.tsx'
import { useCardStanding } from './card-standing.tsx'
import { ConfirmField, confirmationMissing } from './confirm-field.tsx'
import { Change } from './change.tsx'
import { type EditField, editedArgs, fieldsOf, textOf } from './edit-fields.ts'
import { type Plan, usePlan } from './use-plan.ts'

const LATE: Standing = { is: 'over', says: 'Another answer was first. Yours changed nothing.' }
const UNREAD = 'Read to the end of what changes first: scroll it.'

/**
 * Arguments can be changed before they are approved; both versions are stored. An approval is of a plan that was on the
 * screen: one that is asked for while the plan is still being made is refused, never kept for a plan that nobody saw.
 * @param opened the card as it was when the dialog was opened
 */
export function EditDialog({ card: opened }: { card: ApprovalCard }): ReactNode {
  const { now: card, standing } = useCardStanding(opened)
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [why, setWhy] = useState('')
  const [typed, setTyped] = useState('')
  const [looks, setLooks] = useState(0)
  const [isLate, setLate] = useState(false)
  const [isUnread, setUnread] = useState(false)
  const { isBusy, failure } = useDecision(card.actionId)
  // What nobody set and nobody may set is not asked for.
  const fields = fieldsOf(card).filter(({ locked, value }) => locked === null || value !== undefined)
  const edited = editedArgs(fields, texts)
  const { plan, hurry } = usePlan({ actionId: card.actionId, edited, basis: `${card.boundHash} ${looks}` })
  const changes = useRef<HTMLDivElement>(null)
  const hasRead = useRead(changes, '.args > *', plan)
  const submit = async () => {
    setUnread(!hasRead())
    if (!edited || !hasRead()) return
    const edit = { args: edited, boundHash: plan.boundHash }
    const came = await approve(card, { edit, why: why.trim(), typedTarget: typed })
    if (came === 'taken') closeDialog()
    else if (came === 'late') setLate(true)
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
      failure={failure || plan.failure || (isUnread && UNREAD)}
      standing={isLate ? strictest([standing, LATE]) : standing}
      typed={typedText(texts, why)}
      cannot={cannotSend(edited, plan) || confirmationMissing(plan.confirm, typed)}
      onTry={hurry}
      pinned={
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
        <div className="pinned" role="region" aria-label="What changes" tabIndex={0} ref={changes}>
          <div className="lab2">What changes</div>
          <Changes card={card} fields={fields} edited={edited ?? {}} plan={plan} />
        </div>
      }
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
      {plan.confirm !== '' && <ConfirmField asked={plan.confirm} typed={typed} onChange={setTyped} />}
      <Field label="Why (optional)" value={why} maxLength={2000} onChange={setWhy} />
    </FormDialog>
  )
}

function typedText(texts: Readonly<Record<string, string>>, why: string): string {
  const lines = Object.entries(texts).map(([key, text]) => `${key}: ${text}`)
  return (why === '' ? lines : [...lines, why]).join('\n')
}

/** Why these changes cannot be approved as they are; '' when they can. */
function cannotSend(edited: JsonObject | null, plan: Plan): string {
  if (edited === null) return 'Not approved: a field is not right yet.'
  if (Object.keys(edited).length === 0) return 'Nothing is changed: change an argument, or approve on the card.'
  if (plan.failure !== '') return plan.failure
  return plan.boundHash === ''
    ? 'Not approved: the plan of these changes was not on the screen yet. Read it, then approve.'
    : ''
}

interface ChangesProps {
  card: ApprovalCard
  fields: readonly EditField[]
  edited: JsonObject
  plan: Plan
}

/** Old and new of each argument, and what its plan says differently. */
function Changes({ card, fields, edited, plan }: ChangesProps): ReactNode {
  const changed = Object.entries(edited)
  const planned = plan.lines
    .map((line) => ({ ...line, old: card.plan.find((each) => each.key === line.key)?.value ?? '' }))
    .filter(({ value, old }) => value !== old)
  if (changed.length === 0) return <p className="muted small">Nothing yet.</p>
  return (
    <>
      <div className="args">
        {changed.map(([key, value]) => (
          <ChangeLine
            key={key}
            name={key}
            before={beforeOf(fields.find((field) => field.key === key))}
            after={argText(value)}
          />
        ))}
        {planned.map(({ key, value, old }) => (
          <ChangeLine key={`plan ${key}`} name={`plan: ${key}`} before={old} after={value} />
        ))}
      </div>
      <p className="muted small" role="status">
        {plan.boundHash === '' && plan.failure === '' && 'Planning what these changes would do…'}
        {plan.boundHash !== '' && planned.length === 0 && 'The plan is the same.'}
      </p>
    </>
  )
}

function beforeOf(field: EditField | undefined): string {
  return field?.value === undefined ? '' : argText(field.value)
}

function ChangeLine({ name, before, after }: { name: string; before: string; after: string }): ReactNode {
  return (
    <>
      <span className="k">{visibleText(name, 80)}</span>
      <span className="v">
        <Change before={before} after={after} />
      </span>
    </>
  )
}
