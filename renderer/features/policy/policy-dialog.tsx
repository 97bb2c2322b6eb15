import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { PolicyVersionView } from '../../../shared/model/views.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { State } from '../../components/state.tsx'
import { useQuery } from '../../lib/query.ts'
import { full } from '../../lib/time.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { closePolicy, type PolicyPlace, usePolicyPlace } from './policy-store.ts'

const REFRESH = { what: ['state'] } as const

/** A stored version of the policies, read only, opened at a rule. */
export function PolicyDialog(): ReactNode {
  const { place } = usePolicyPlace()
  return place && <PolicyVersion place={place} />
}

function PolicyVersion({ place }: { place: PolicyPlace }): ReactNode {
  const { value, error, reload } = useQuery('policies.version', { id: place.versionId }, REFRESH)
  const lead = value && (
    <>
      {value.isLive ? <State kind="ok">Live</State> : 'Not live any more'}, from {visibleText(value.origin, 100)},{' '}
      {full(value.createdAt)}. Versions never change.
    </>
  )
  return (
    <Dialog title={value ? `Policy v${value.number}` : 'Policy'} lead={lead} width="full" onClose={closePolicy}>
      {error && <Failure error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the policy" />}
      {value && <Sources version={value} place={place} />}
    </Dialog>
  )
}

function Sources({ version, place }: { version: PolicyVersionView; place: PolicyPlace }): ReactNode {
  const [path, setPath] = useState(place.file ?? version.sources[0]?.path ?? '')
  const source = version.sources.find((candidate) => candidate.path === path)
  const code = useRef<HTMLDivElement>(null)
  useEffect(() => {
    code.current?.querySelector('.at')?.scrollIntoView({ block: 'center' })
  }, [path])
  const isAt = (row: number) =>
    path === place.file && place.row !== null && row >= place.row && row <= (place.endRow ?? place.row)
  return (
    <div className="sources">
      <ul aria-label="Files">
        {version.sources.map((file) => (
          <li key={file.path}>
            <button
              type="button"
              className="ell"
              aria-current={file.path === path ? 'true' : undefined}
              onClick={() => setPath(file.path)}
            >
              {visibleText(file.path)}
            </button>
          </li>
        ))}
      </ul>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
      <div className="code" ref={code} role="region" aria-label={path} tabIndex={0}>
        <div className="lines">
          {source?.source.split('\n').map((line, index) => (
            <span key={index} className={isAt(index + 1) ? 'ln at' : 'ln'}>
              <i>{index + 1}</i>
              {visibleText(line, 2000, true)}
            </span>
          ))}
        </div>
      </div>
    </div>
  )
}
