import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react'

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  label: ReactNode
  hint?: ReactNode
  error?: string | null
  isMono?: boolean
  onChange: (value: string) => void
}

/** A labelled line of text. */
export function Field({ label, hint, error, isMono, onChange, ...rest }: FieldProps): ReactNode {
  const id = useId()
  return (
    <div>
      <label className="lab2" htmlFor={id}>
        {label}
      </label>
      <input
        {...rest}
        id={id}
        className={isMono ? 'field mono' : 'field'}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.value)}
      />
      <Hint id={`${id}-hint`} hint={hint} error={error ?? null} />
    </div>
  )
}

export interface AreaProps {
  label: ReactNode
  value: string
  hint?: ReactNode
  error?: string | null
  isMono?: boolean
  rows?: number
  isRequired?: boolean
  onChange: (value: string) => void
  ref?: Ref<HTMLTextAreaElement>
}

/** A labelled text of several lines. */
export function Area({ label, value, hint, error, isMono, rows = 3, isRequired, onChange, ref }: AreaProps): ReactNode {
  const id = useId()
  return (
    <div>
      <label className="lab2" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        ref={ref}
        className={isMono ? 'field mono' : 'field'}
        rows={rows}
        value={value}
        required={isRequired}
        spellCheck={!isMono}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.value)}
      />
      <Hint id={`${id}-hint`} hint={hint} error={error ?? null} />
    </div>
  )
}

export interface ChoiceProps {
  label: ReactNode
  value: string
  options: readonly { value: string; label: string }[]
  hint?: ReactNode
  isMono?: boolean
  isRequired?: boolean
  onChange: (value: string) => void
}

/** A labelled choice of one. */
export function Choice({ label, value, options, hint, isMono, isRequired, onChange }: ChoiceProps): ReactNode {
  const id = useId()
  return (
    <div>
      <label className="lab2" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className={isMono ? 'field mono' : 'field'}
        value={value}
        required={isRequired}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Hint id={`${id}-hint`} hint={hint} error={null} />
    </div>
  )
}

function Hint({ id, hint, error }: { id: string; hint: ReactNode; error: string | null }): ReactNode {
  if (error) {
    return (
      <p id={id} className="hint failed">
        {error}
        {hint && <span className="muted">. {hint}</span>}
      </p>
    )
  }
  return (
    <p id={id} className="hint" hidden={!hint}>
      {hint}
    </p>
  )
}

export interface Option<Value extends string> {
  value: Value
  label: ReactNode
  hint?: ReactNode
  isDisabled?: boolean
}

export interface RadiosProps<Value extends string> {
  label: string
  value: Value
  options: readonly Option<Value>[]
  onChange: (value: Value) => void
}

/** A group of radio buttons with one line of explanation each. */
export function Radios<Value extends string>({ label, value, options, onChange }: RadiosProps<Value>): ReactNode {
  const id = useId()
  return (
    <div role="radiogroup" aria-labelledby={id}>
      <div className="lab2" id={id}>
        {label}
      </div>
      <div className="opts">
        {options.map((option, index) => (
          <div key={option.value} className="opt">
            <input
              type="radio"
              id={`${id}-${index}`}
              name={id}
              className="radio"
              checked={option.value === value}
              disabled={option.isDisabled}
              aria-describedby={option.hint ? `${id}-${index}-hint` : undefined}
              onChange={() => onChange(option.value)}
            />
            <div>
              <label htmlFor={`${id}-${index}`}>{option.label}</label>
              {option.hint && (
                <p className="hint" id={`${id}-${index}-hint`}>
                  {option.hint}
                </p>
              )}
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}
