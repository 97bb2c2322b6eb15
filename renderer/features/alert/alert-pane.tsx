import { X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { useQuery } from '../../lib/query.ts'
import { ChainSection } from '../chain/chain-section.tsx'
import { closeDetail } from '../inbox/inbox-commands.ts'
import { useInbox } from '../inbox/inbox-store.ts'
import { AlertHead } from './alert-head.tsx'
import { Attributes } from './attributes.tsx'
import { Occurrences } from './occurrences.tsx'
import { RawEvent } from './raw-event.tsx'
import { VerdictDock } from './verdict-dock.tsx'

/** The open alert: what it is and why, its attributes, its chain, the event it came from. */
export function AlertPane({ id }: { id: string }): ReactNode {
  const {
    value: detail,
    error,
    reload,
  } = useQuery('alerts.get', { id }, { what: ['alerts', 'chains', 'approvals'], alertId: id })
  const { rowId, newestId } = detail ?? {}
  useEffect(() => {
    if (rowId !== undefined && newestId !== undefined) useInbox.setState({ opened: { id, rowId, newestId } })
  }, [id, rowId, newestId])
  return (
    <section className="alert" aria-label="Alert">
      {!detail && (
        <header className="ahead">
          <div className="top">
            <span className="grow" />
            <Button look="ghost" isSmall icon={X} aria-label="Close detail" onClick={closeDetail} />
          </div>
        </header>
      )}
      {!detail && !error && <Loading what="the alert" />}
      {!detail && error && <Failure error={error} onRetry={reload} />}
      {detail && <OpenAlert detail={detail} />}
    </section>
  )
}

function OpenAlert({ detail }: { detail: AlertDetail }): ReactNode {
  // What waited when it was opened stands first, and stays where it is when it is decided.
  const [waits] = useState(() => detail.chains.some(({ state }) => state === 'waiting'))
  return (
    <>
      <AlertHead detail={detail} />
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
      <div className="scroll" tabIndex={0} role="group" aria-label="Details of the alert">
        <div className={waits ? 'columns waits' : 'columns'}>
          <div className="first">
            <ChainSection detail={detail} />
          </div>
          <div className="side">
            {detail.occurrences > 1 && <Occurrences detail={detail} />}
            <Attributes detail={detail} />
            <RawEvent detail={detail} />
          </div>
        </div>
      </div>
      <VerdictDock detail={detail} />
    </>
  )
}
