import { Search } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import { Keys } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { focusList } from '../../lib/focus-list.ts'
import { useInbox } from './inbox-store.ts'

/** Typing stops this long before the list is asked. */
const PAUSE_MS = 150

/** Full-text search over what is in the list. */
export function SearchBox({ input }: { input: RefObject<HTMLInputElement | null> }): ReactNode {
  const { filter, setFilter } = useInbox()
  const [draft, setText] = useState<string | null>(null)
  const text = draft ?? filter.text
  useEffect(() => {
    if (draft === null) return undefined
    const timer = window.setTimeout(() => {
      setFilter({ text: draft })
      setText(null)
    }, PAUSE_MS)
    return () => window.clearTimeout(timer)
  }, [draft, setFilter])
  return (
    <div className="query" role="search">
      <Icon of={Search} />
      <input
        ref={input}
        type="search"
        aria-label="Search alerts"
        aria-keyshortcuts="/"
        placeholder="Search alerts"
        spellCheck={false}
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') setText('')
          else if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
          else return
          event.preventDefault()
          if (event.key === 'Enter') focusList()
        }}
      />
      <Keys of="/" />
    </div>
  )
}
