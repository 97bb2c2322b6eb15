import { Search, X } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import { type ReportSeverity, reportSeverity } from '../../../shared/model/report.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Keys } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { defang, observableKind } from '../../lib/defang.ts'
import { focusList } from '../../lib/focus-list.ts'
import { GRADE_NAMES, GRADES } from './report-words.ts'
import { useReports } from './report-store.ts'

/** Typing stops this long before the list is asked. */
const PAUSE_MS = 150

/** What the list is narrowed to: a text, and an entity's value where one was asked for. */
export function ReportSearch({ input }: { input: RefObject<HTMLInputElement | null> }): ReactNode {
  const { filter, setFilter } = useReports()
  const [draft, setDraft] = useState<string | null>(null)
  const text = draft ?? filter.text
  useEffect(() => {
    if (draft === null) return undefined
    const timer = window.setTimeout(() => {
      void setFilter({ text: draft })
      setDraft(null)
    }, PAUSE_MS)
    return () => window.clearTimeout(timer)
  }, [draft, setFilter])
  return (
    <div className="query" role="search">
      <Icon of={Search} />
      {filter.value !== '' && <ValueToken value={filter.value} onClear={() => void setFilter({ value: '' })} />}
      <input
        ref={input}
        type="search"
        aria-label="Search reports"
        aria-keyshortcuts="/"
        placeholder="Search reports"
        spellCheck={false}
        maxLength={200}
        value={text}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') setDraft('')
          else if (event.key === 'Escape') event.currentTarget.blur()
          else if (event.key === 'Enter' && !event.nativeEvent.isComposing) focusList()
          else return
          event.preventDefault()
        }}
      />
      <Keys of="/" />
    </div>
  )
}

function ValueToken({ value, onClear }: { value: string; onClear: () => void }): ReactNode {
  const shown = visibleText(defang(value, observableKind(value, '')), 60)
  return (
    <span className="tok">
      entity <b className="ell">{shown}</b>
      <button type="button" aria-label={`Show reports without ${shown} too`} title="Show all" onClick={onClear}>
        <Icon of={X} size={12} />
      </button>
    </span>
  )
}

/** Narrows the list to one grade. */
export function GradeFilter(): ReactNode {
  const { filter, setFilter } = useReports()
  const choose = (severities: ReportSeverity[]) => void setFilter({ severities })
  return (
    <span className="seg grades" role="group" aria-label="Severity">
      <button type="button" aria-pressed={filter.severities.length === 0} onClick={() => choose([])}>
        All
      </button>
      {[...reportSeverity.options].reverse().map((severity) => {
        const isOn = filter.severities.includes(severity)
        return (
          <button key={severity} type="button" aria-pressed={isOn} onClick={() => choose(isOn ? [] : [severity])}>
            <Icon of={GRADES[severity].icon} size={12} />
            <span className="word">{GRADE_NAMES[severity]}</span>
          </button>
        )
      })}
    </span>
  )
}
