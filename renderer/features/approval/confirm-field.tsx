import type { ReactNode } from 'react'
import { isConfirmed } from '../../../shared/model/confirmation.ts'
import { Field } from '../../components/field.tsx'

export interface ConfirmFieldProps {
  /** What must be typed */
  asked: string
  typed: string
  onChange: (typed: string) => void
}

/** The target of what cannot be taken back, typed by who approves it. */
export function ConfirmField({ asked, typed, onChange }: ConfirmFieldProps): ReactNode {
  return (
    <div>
      <p className="confirm mono">{asked}</p>
      <Field
        label="Type the target to confirm"
        value={typed}
        isMono
        required
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        maxLength={10_000}
        hint={isConfirmed(typed, asked) ? 'It is the target.' : 'Exactly as it stands above.'}
        onChange={onChange}
      />
    </div>
  )
}

/** Why an act that cannot be taken back is not confirmed; '' when it is, or needs no confirmation. */
export function confirmationMissing(asked: string, typed: string): string {
  if (asked === '' || isConfirmed(typed, asked)) return ''
  return typed === ''
    ? 'Type the target first: this cannot be taken back.'
    : 'What you typed is not the target: compare it letter by letter.'
}
