import { type ReactNode, useEffect, useRef } from 'react'
import { Failure, Loading } from '../../components/failure.tsx'
import { useQuery } from '../../lib/query.ts'
import { href } from '../../lib/route.ts'
import { Appearance } from './appearance.tsx'
import { DataSettings } from './data-settings.tsx'
import { EnvironmentSettings } from './environment-settings.tsx'
import { NetworkSettings } from './network-settings.tsx'
import { ReceiverSettings } from './receiver-settings.tsx'
import { ReportSettings } from './report-settings.tsx'
import { ResponseSettings } from './response-settings.tsx'
import { Scripts } from './scripts.tsx'
import { Secrets } from './secrets.tsx'
import { Sources } from './sources.tsx'

const NOTHING = {}

const SECTIONS = [
  ['receiver', 'Receiver'],
  ['sources', 'Sources'],
  ['response', 'Response'],
  ['reports', 'Reports'],
  ['secrets', 'Secrets'],
  ['scripts', 'Scripts'],
  ['environment', 'Environment'],
  ['network', 'Network and services'],
  ['data', 'Data and backup'],
  ['appearance', 'Appearance and keys'],
] as const

/** All settings on one page; what is changed is saved at once and recorded. */
export function Settings({ section }: { section: string | null }): ReactNode {
  const { value, error, reload } = useQuery('settings.get', NOTHING, { what: ['settings'] })
  const page = useRef<HTMLDivElement>(null)
  const isReady = value !== null
  useEffect(() => {
    if (section && isReady)
      page.current?.querySelector(`#settings-${CSS.escape(section)}`)?.scrollIntoView({ block: 'start' })
  }, [section, isReady])
  return (
    <>
      <div className="vhead">
        <h1>Settings</h1>
        <span className="grow" />
        <span className="small muted">Saved at once. Every change is in the audit trail.</span>
      </div>
      <div className="st">
        <nav className="secs" aria-label="Sections of the settings">
          {SECTIONS.map(([id, title]) => (
            <a key={id} href={href('settings', id)} aria-current={(section ?? 'receiver') === id ? 'true' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
        <div ref={page} tabIndex={0} role="region" aria-label="Settings">
          {!value && (error ? <Failure error={error} onRetry={reload} /> : <Loading what="settings" />)}
          {value && (
            <div className="st-page">
              <ReceiverSettings settings={value} />
              <Sources />
              <ResponseSettings settings={value} />
              <ReportSettings settings={value} />
              <Secrets />
              <Scripts />
              <EnvironmentSettings settings={value} />
              <NetworkSettings settings={value} />
              <DataSettings settings={value} />
              <Appearance />
            </div>
          )}
        </div>
      </div>
    </>
  )
}
