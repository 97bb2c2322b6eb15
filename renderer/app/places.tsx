import {
  CirclePause,
  FileInput,
  FileText,
  Inbox,
  Lock,
  type LucideIcon,
  SlidersHorizontal,
  TriangleAlert,
} from 'lucide-react'
import type { ReactNode } from 'react'
import type { DeskState } from '../../shared/model/views.ts'
import { Icon } from '../components/icon.tsx'
import { href, type Place } from '../lib/route.ts'

interface PlaceLink {
  place: Place
  name: string
  icon: LucideIcon
  count?: (counts: DeskState['counts']) => number
  /** What is counted */
  counted?: string
}

/** The places of this version, in the order of work. */
export const PLACE_LINKS: readonly PlaceLink[] = [
  {
    place: 'waiting',
    name: 'Waiting for you',
    icon: CirclePause,
    count: (counts) => counts.waiting,
    counted: 'actions',
  },
  { place: 'inbox', name: 'Inbox', icon: Inbox, count: (counts) => counts.open, counted: 'open rows' },
  { place: 'events', name: 'Events', icon: FileInput },
  { place: 'reports', name: 'Reports', icon: FileText },
  { place: 'problems', name: 'Problems', icon: TriangleAlert, count: (counts) => counts.problems },
  { place: 'containments', name: 'Active containments', icon: Lock, count: (counts) => counts.containments },
  { place: 'settings', name: 'Settings', icon: SlidersHorizontal },
]

export function Places({ state, place }: { state: DeskState | null; place: Place | null }): ReactNode {
  return (
    <nav className="places" aria-label="Places">
      {PLACE_LINKS.map((link) => {
        const count = state && link.count ? link.count(state.counts) : 0
        return (
          <a
            key={link.place}
            href={href(link.place)}
            title={count > 0 && link.counted ? `${link.name}, ${count} ${link.counted}` : link.name}
            aria-current={link.place === place ? 'page' : undefined}
          >
            <Icon of={link.icon} />
            <span>{link.name}</span>
            {count > 0 && (
              <span className={link.place === 'waiting' ? 'count needs' : 'count'} aria-hidden="true">
                {count.toLocaleString('en-US')}
              </span>
            )}
          </a>
        )
      })}
    </nav>
  )
}
