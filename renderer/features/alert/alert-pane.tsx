import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { useQuery } from '../../lib/query.ts'
import { ChainSection } from '../chain/chain-section.tsx'
import { closeDetail } from '../inbox/inbox-commands.ts'
import { AlertHead } from './alert-head.tsx'
import { Attributes } from './attributes.tsx'
import { RawEvent } from './raw-event.tsx'
import { VerdictDock } from './verdict-dock.tsx'

/** The open alert: what it is and why, its attributes, its chain, the event it came from. */
export function AlertPane({ id }: { id: string }): ReactNode {
  const {
    value: detail,
    error,
    reload,
  } = useQuery('alerts.get', { id }, { what: ['alerts', 'chains', 'approvals'], alertId: id })
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
      {detail && (
        <>
          <AlertHead detail={detail} />
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
          <div className="scroll" tabIndex={0} role="group" aria-label="Details of the alert">
            <div className="columns">
              <div className="first">
                <ChainSection detail={detail} />
              </div>
              <div className="side">
                <Attributes detail={detail} />
                <RawEvent detail={detail} />
              </div>
            </div>
          </div>
          <VerdictDock detail={detail} />
        </>
      )}
    </section>
  )
}
