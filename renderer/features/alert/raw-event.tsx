import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { Failure, Loading } from '../../components/failure.tsx'
import { Icon } from '../../components/icon.tsx'
import { JsonView, parsedJson } from '../../components/json-view.tsx'
import { useCommands } from '../../lib/commands.ts'
import { useQuery } from '../../lib/query.ts'
import { bytes, shortHash } from '../../lib/words.ts'

/** The bytes as they were received, read when opened. */
export function RawEvent({ detail }: { detail: AlertDetail }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { event } = detail
  useCommands([
    { id: 'raw', title: 'Show the raw event', group: 'On this alert', keys: ['p'], run: () => setOpen(!isOpen) },
  ])
  return (
    <section className="sect raw-event" aria-label="Raw event">
      <header>
        <h3>
          <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Icon of={isOpen ? ChevronDown : ChevronRight} />
            Raw event
          </button>
        </h3>
        <span className="muted ell" title={event.sha256}>
          {bytes(event.size)}, sha256 {shortHash(event.sha256)}, {event.route}
        </span>
      </header>
      {isOpen && <EventBody id={detail.eventId} />}
    </section>
  )
}

export function EventBody({ id }: { id: string }): ReactNode {
  const { value, error, reload } = useQuery('events.get', { id }, { what: [] })
  if (error) return <Failure error={error} onRetry={reload} />
  if (!value) return <Loading what="the event" />
  if (value.body === null)
    return <p className="muted small">The body was deleted by the retention setting. Its hash stays.</p>
  return (
    <JsonView label="Event" value={value.isBodyTruncated ? undefined : parsedJson(value.body)} text={value.body}>
      {value.isBodyTruncated && 'Only the beginning is shown. Export has it whole.'}
    </JsonView>
  )
}
