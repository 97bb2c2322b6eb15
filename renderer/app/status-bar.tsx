import type { ReactNode } from 'react'
import type { DeskState } from '../../shared/model/views.ts'
import { Age } from '../components/age.tsx'
import { visibleText } from '../../shared/visible-text.ts'
import { bytes } from '../lib/words.ts'
import { useNews } from './news-store.ts'

/** Counts and the live region. Only news is announced; an age that ticks would talk all day. */
export function StatusBar({ state }: { state: DeskState | null }): ReactNode {
  const latest = useNews((news) => news.items[0])
  return (
    <footer className="statusbar">
      {state && <Counts state={state} />}
      <div role="status" aria-label="Live news" className="news-line">
        {latest && visibleText(latest.text, 160)}
      </div>
      {state && (
        <div className="end">
          {state.vault.isWeak && <span>secrets in a key file</span>}
          <span>database {bytes(state.store.bytes)}</span>
          <span>Tocsin {state.version}</span>
        </div>
      )}
    </footer>
  )
}

function Counts({ state }: { state: DeskState }): ReactNode {
  const { counts, lastEventAt, policy } = state
  const approvals = counts.waiting - counts.unknown
  return (
    <>
      <span title="Rows of the inbox: alerts of one key are one row">
        <b>{counts.open.toLocaleString('en-US')}</b> {counts.open === 1 ? 'row' : 'rows'} open
      </span>
      {counts.waiting === 0 && <span>nothing waiting</span>}
      {approvals > 0 && (
        <span className="c-needs">
          <b>{approvals.toLocaleString('en-US')}</b> waiting
        </span>
      )}
      {counts.unknown > 0 && (
        <span className="c-medium">
          <b>{counts.unknown.toLocaleString('en-US')}</b> unknown
        </span>
      )}
      <span className="extra">
        {lastEventAt === null ? (
          'no event yet'
        ) : (
          <>
            last event{' '}
            <b>
              <Age at={lastEventAt} isLong />
            </b>{' '}
            ago
          </>
        )}
      </span>
      <span className="extra">
        {policy ? (
          <>
            policy <b>v{policy.number}</b>
          </>
        ) : (
          'no live policy'
        )}
      </span>
    </>
  )
}
