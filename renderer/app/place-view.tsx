import type { ReactNode } from 'react'
import type { DeskState } from '../../shared/model/views.ts'
import { Containments } from '../features/containments/containments.tsx'
import { Events } from '../features/events/events.tsx'
import { Inbox } from '../features/inbox/inbox.tsx'
import { Problems } from '../features/problems/problems.tsx'
import { Reports } from '../features/reports/reports.tsx'
import { Settings } from '../features/settings/settings.tsx'
import { Waiting } from '../features/waiting/waiting.tsx'
import type { Route } from '../lib/route.ts'

/** What the place of the address shows. */
export function PlaceView({ route, state }: { route: Route; state: DeskState | null }): ReactNode {
  switch (route.place) {
    case 'waiting':
      return <Waiting selectedId={route.id} />
    case 'inbox':
      return <Inbox openId={route.id} state={state} />
    case 'events':
      return <Events openId={route.id} />
    case 'reports':
      return <Reports openId={route.id} />
    case 'problems':
      return <Problems openId={route.id} />
    case 'containments':
      return <Containments />
    case 'settings':
      return <Settings section={route.id} />
    case null:
      return null
  }
}
