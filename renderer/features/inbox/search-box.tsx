import { Search } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useState } from 'react'
import { Keys } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { focusList } from '../../lib/focus-list.ts'
import { navigate } from '../../lib/route.ts'
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
      void setFilter({ text: draft })
      setText(null)
    }, PAUSE_MS)
    return () => window.clearTimeout(timer)
  }, [draft, setFilter])
  const openFirst = async () => {
    focusList()
    setText(null)
    await setFilter({ text })
    const first = await useInbox.getState().select(0)
    if (first) navigate('inbox', first.id)
  }
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
          else if (event.key === 'Escape') event.currentTarget.blur()
          else if (event.key === 'Enter' && !event.nativeEvent.isComposing) void openFirst()
          else return
          event.preventDefault()
        }}
      />
      <Keys of="/" />
    </div>
  )
}
