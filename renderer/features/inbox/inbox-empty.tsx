import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { Empty } from '../../components/failure.tsx'
import { navigate } from '../../lib/route.ts'
import { count } from '../../lib/words.ts'
import { useInbox } from './inbox-store.ts'
import { EMPTY_FILTER } from './pages.ts'

/** An empty list: because of the filter, or because nothing is open. */
export function NothingFound(): ReactNode {
  const { filter, setFilter, facets, facetsFilter } = useInbox()
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(EMPTY_FILTER)
  const closed = facetsFilter === filter ? facets?.triage.find(({ value }) => value === 'closed')?.count : undefined
  if (isFiltered && closed && !filter.triage.includes('closed')) {
    return (
      <Empty title="Only closed alerts match">
        <p>{count(closed, 'row')} with closed alerts, none that is open.</p>
        <p className="row">
          <Button onClick={() => void setFilter({ triage: ['closed'] })}>Show them</Button>
          <Button look="ghost" onClick={() => void setFilter(EMPTY_FILTER)}>
            Show open alerts
          </Button>
        </p>
      </Empty>
    )
  }
  if (isFiltered) {
    return (
      <Empty title="No alert matches">
        <p>Search looks at titles, sources, attributes and the event itself.</p>
        <p>
          <Button onClick={() => void setFilter(EMPTY_FILTER)}>Show open alerts</Button>
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="No open alert">
      <p>
        What a detector sends and the alert policy finds worth looking at appears here. Closed alerts stay, under
        Status.
      </p>
      <p className="row">
        <Button onClick={() => void setFilter({ triage: [] })}>Show closed alerts</Button>
        <Button look="ghost" onClick={() => navigate('events')}>
          All events received
        </Button>
      </p>
    </Empty>
  )
}
