import { type ReactNode, useId, useState } from 'react'
import { settings as schema, type Settings } from '../../../shared/model/settings.ts'
import { call } from '../../lib/bridge.ts'
import { invalidate } from '../../lib/query.ts'

/** A titled part of the page. */
export function Section({
  id,
  title,
  end,
  children,
}: {
  id: string
  title: string
  end?: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <section id={`settings-${id}`} aria-labelledby={`settings-${id}-title`}>
      <h2 className="sh" id={`settings-${id}-title`}>
        {title}
        {end && <span className="grow" />}
        {end}
      </h2>
      {children}
    </section>
  )
}

export interface RowProps {
  title: string
  hint: ReactNode
  /** Id of the control that the title labels; without one the control names itself */
  labels?: string
  isArea?: boolean
  children: ReactNode
}

/** One setting: what it is, what follows from it, its control. */
export function Row({ title, hint, labels, isArea, children }: RowProps): ReactNode {
  return (
    <div className={isArea ? 'sr area' : 'sr'}>
      <div>
        {labels ? <label htmlFor={labels}>{title}</label> : <span>{title}</span>}
        <span className="sub">{hint}</span>
      </div>
      <div className="sc">{children}</div>
    </div>
  )
}

interface SwitchRowProps {
  title: string
  hint: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}

/** One setting that is on or off. */
export function SwitchRow({ title, hint, isOn, onChange }: SwitchRowProps): ReactNode {
  const id = useId()
  return (
    <Row title={title} hint={hint} labels={id}>
      <button
        type="button"
        role="switch"
        aria-label={title}
        id={id}
        className="switch"
        aria-checked={isOn}
        onClick={() => onChange(!isOn)}
      />
    </Row>
  )
}

/** Saves some settings. @returns what was wrong with them, or an empty string */
export async function saveSettings(changes: Partial<Settings>): Promise<string> {
  const parsed = schema.partial().safeParse(changes)
  if (!parsed.success) return parsed.error.issues.map((issue) => issue.message).join('. ')
  const answer = await call('settings.set', { changes: parsed.data })
  invalidate(['settings', 'state'])
  return answer.ok ? '' : answer.error.message
}

/** Saves while typing would store half-written values, so fields save when they are left or Enter is pressed. */
export interface TextSettingProps {
  title: string
  hint: ReactNode
  value: string
  /** The change this text stands for; a string says what is wrong with it */
  parse: (text: string) => Partial<Settings> | string
  isArea?: boolean
  isShort?: boolean
  unit?: string
  placeholder?: string
}

/** A setting that is a text, a number or a list of lines. */
export function TextSetting(props: TextSettingProps): ReactNode {
  const { title, hint, value, parse, isArea, isShort, unit, placeholder } = props
  const id = useId()
  const [draft, setDraft] = useState<string | null>(null)
  const [failure, setFailure] = useState('')
  const [isSaved, setSaved] = useState(false)
  const save = async () => {
    if (draft === null || draft === value) return
    const change = parse(draft)
    const wrong = typeof change === 'string' ? change : await saveSettings(change)
    setFailure(wrong)
    setSaved(wrong === '')
    if (wrong === '') setDraft(null)
  }
  const shared = {
    id,
    value: draft ?? value,
    placeholder,
    spellCheck: false,
    'aria-invalid': failure ? true : undefined,
    'aria-describedby': `${id}-note`,
    onBlur: () => void save(),
    onChange: (event: { target: { value: string } }) => {
      setSaved(false)
      setDraft(event.target.value)
    },
  }
  return (
    <Row title={title} hint={hint} labels={id} isArea={isArea ?? false}>
      <span id={`${id}-note`} role={failure ? 'alert' : undefined} className={failure ? 'hint failed' : 'saved'}>
        {failure || (isSaved && 'Saved')}
      </span>
      {isArea ? (
        <textarea
          {...shared}
          className="field mono"
          rows={Math.max(2, Math.min(8, (draft ?? value).split('\n').length))}
        />
      ) : (
        <input
          {...shared}
          className={isShort ? 'field mono short' : 'field mono'}
          onKeyDown={(event) => event.key === 'Enter' && void save()}
        />
      )}
      {unit && <span className="small muted">{unit}</span>}
    </Row>
  )
}

/** Lines of a text, without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** `NAME=value` per line as a record; a string says which line is not of that form. */
export function pairsOf(text: string): Record<string, string> | string {
  const pairs: Record<string, string> = {}
  for (const line of linesOf(text)) {
    const at = line.indexOf('=')
    if (at <= 0) return `“${line}” is not NAME=value`
    pairs[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return pairs
}

export function pairsText(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}
