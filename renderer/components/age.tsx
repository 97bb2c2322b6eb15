import type { ReactNode } from 'react'
import { age, full, moment, span, useNow } from '../lib/time.ts'

/** How long ago, short; the title says when exactly. */
export function Age({ at, isLong }: { at: number; isLong?: boolean }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={full(at)}>
      {isLong ? span(now - at) : age(now - at)}
    </time>
  )
}

/** When: the time today, date and time before. */
export function When({ at }: { at: number }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={new Date(at).toISOString()} title={full(at)}>
      {moment(at, now)}
    </time>
  )
}
