import { readableText } from '../../forms/readable-text.ts'
import { withShortestNumbers } from '../../policy/number-text.ts'
import type { Handles } from '../../secrets/handles.ts'
import { bodyDeleted } from '../../store/deleted.ts'
import type { EventStore } from '../../store/event-store.ts'

/**
 * An event as policies see it in the input of a chain or a report.
 * @param handles what stands for secrets: an event that holds such text is broken there
 * @throws TocsinError `body_deleted`
 */
export function eventTextOf(events: Pick<EventStore, 'body'>, handles: Handles | null, eventId: string): string {
  const body = events.body(eventId)
  if (body === null) throw bodyDeleted()
  const { text } = readableText(body)
  return withShortestNumbers(handles?.broken(text) ?? text)
}
