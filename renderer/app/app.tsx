import { Fragment, type ReactNode, useEffect } from 'react'
import { PolicyDialog } from '../features/policy/policy-dialog.tsx'
import { Palette } from '../features/palette/palette.tsx'
import { Recovery } from '../features/recovery/recovery.tsx'
import { useLink } from '../lib/link.ts'
import { useOpenDialog } from '../lib/open-dialog.ts'
import { navigate, useRoute } from '../lib/route.ts'
import { Banners } from './banners.tsx'
import { DeskCommands } from './desk-commands.tsx'
import { useDeskState } from './desk-state.ts'
import { LinkPage } from './link-page.tsx'
import { startNews } from './news-store.ts'
import { PlaceView } from './place-view.tsx'
import { Places } from './places.tsx'
import { StatusBar } from './status-bar.tsx'
import { TitleBar } from './title-bar.tsx'

/** The window: a refused link and an unreadable store have pages of their own, everything else is the desk. */
export function App(): ReactNode {
  const link = useLink()
  return (
    <>
      {link.state === 'refused' ? <LinkPage message={link.message} command={link.command} /> : <Desk />}
      <OpenDialog />
    </>
  )
}

/** Beside the page: what the page shows may change under it. */
function OpenDialog(): ReactNode {
  const { dialog, no } = useOpenDialog()
  return <Fragment key={no}>{dialog}</Fragment>
}

function Desk(): ReactNode {
  const { value: state, error, reload } = useDeskState()
  const route = useRoute()
  useEffect(startNews, [])

  const first = state && (state.counts.waiting > 0 ? 'waiting' : 'inbox')
  useEffect(() => {
    if (first && route.place === null) navigate(first, null, { replace: true })
  }, [first, route.place])

  const waiting = state?.counts.waiting ?? 0
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) Tocsin` : 'Tocsin'
  }, [waiting])

  if (state && (state.store.state === 'corrupt' || state.store.state === 'future')) return <Recovery state={state} />
  return (
    <div className="app">
      <TitleBar state={state} />
      <Banners state={state} error={error} onRetry={reload} />
      <Places state={state} place={route.place} />
      <main className="view" id="view" tabIndex={-1}>
        <PlaceView route={route} state={state} />
      </main>
      <StatusBar state={state} />
      <DeskCommands />
      <Palette />
      <PolicyDialog />
    </div>
  )
}
