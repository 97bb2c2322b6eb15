import type { ReactNode } from 'react'
import { Area, Choice, Field } from '../../components/field.tsx'
import { visibleText } from '../../../shared/visible-text.ts'
import { argText } from './arguments.tsx'
import { type EditField, valueOf } from './edit-fields.ts'

/** A line shows so much; longer text gets an area. */
const LINE_CHARACTERS = 200

export interface ArgFieldProps {
  field: EditField
  text: string
  onChange: (text: string) => void
}

/** One argument, as its schema wants it asked. */
export function ArgField({ field, text, onChange }: ArgFieldProps): ReactNode {
  const label = visibleText(field.key, 80)
  const help = visibleText(field.help, 300)
  if (field.locked !== null) {
    const why = field.locked === 'secret' ? 'From the vault, never shown.' : 'The action does not let this be changed.'
    return <Field label={label} value={text} isMono hint={joined(help, why)} readOnly onChange={() => undefined} />
  }
  if (field.kind === 'choice') return <ChoiceField field={field} text={text} onChange={onChange} />
  // An optional argument that nobody filled in is right as it is.
  const read = text === '' && field.value === undefined && !field.isRequired ? null : valueOf(field, text)
  const common = {
    label,
    value: text,
    hint: help,
    error: read !== null && 'error' in read ? read.error : null,
    onChange,
  }
  const isLine =
    field.kind === 'number' || (field.kind === 'text' && !text.includes('\n') && text.length < LINE_CHARACTERS)
  if (isLine)
    return <Field {...common} isMono spellCheck={false} required={field.isRequired} inputMode={modeOf(field)} />
  const hint = field.kind === 'json' ? joined(help, 'Written as JSON.') : help
  const rows = Math.min(10, text.split('\n').length + 1)
  return <Area {...common} hint={hint} isMono rows={rows} isRequired={field.isRequired} />
}

function ChoiceField({ field, text, onChange }: ArgFieldProps): ReactNode {
  const choices = field.choices.map((choice) => ({ value: JSON.stringify(choice), label: argText(choice) }))
  const unset = field.value === undefined ? [{ value: '', label: field.isRequired ? 'Choose…' : 'Not set' }] : []
  return (
    <Choice
      label={visibleText(field.key, 80)}
      value={text}
      options={[...unset, ...choices]}
      hint={visibleText(field.help, 300)}
      isMono
      isRequired={field.isRequired}
      onChange={onChange}
    />
  )
}

function modeOf({ kind }: EditField): 'decimal' | 'text' {
  return kind === 'number' ? 'decimal' : 'text'
}

function joined(help: string, more: string): string {
  return help === '' ? more : `${help}. ${more}`
}
