import type { DeskState } from '../../shared/model/views.ts'
import { type Query, useQuery } from '../lib/query.ts'

const NOTHING = {}
const REFRESH = { what: ['state', 'alerts', 'events', 'approvals', 'problems', 'containments', 'settings'] } as const

/** What the frame shows: title bar, counts of the places, status bar, banners. */
export function useDeskState(): Query<DeskState> {
  return useQuery('desk.state', NOTHING, REFRESH)
}
