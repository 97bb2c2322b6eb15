import { type ReactNode, useState } from 'react'
import { ACTION_STATE_WORDS } from '../../../shared/model/states.ts'
import type { EmissionView, ReportDetail } from '../../../shared/model/report.ts'
import { ActName, OwnTitle } from '../../components/act-name.tsx'
import { When } from '../../components/age.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { Icon } from '../../components/icon.tsx'
import { ACTION_ICONS, ActionStateWord, State } from '../../components/state.tsx'
import { useQuery } from '../../lib/query.ts'
import { href } from '../../lib/route.ts'
import { ACTION_KINDS, CHAIN_WORDS } from '../../lib/words.ts'
import { RoundView } from '../chain/round-view.tsx'
import { GRADES, waitsForYou } from './report-words.ts'

/** What was done about each state of the report: the emit policy's chains and their actions. */
export function Reactions({ detail: { emissions } }: { detail: ReportDetail }): ReactNode {
  return (
    <section className="sect reactions" aria-label="Reactions">
      <header>
        <h3>Reactions</h3>
      </header>
      {emissions.length === 0 && <p className="muted small">Nothing was made known yet.</p>}
      {emissions.map((emission) => (
        <Emission key={emission.id} emission={emission} />
      ))}
    </section>
  )
}

function Emission({ emission }: { emission: EmissionView }): ReactNode {
  const { status, severity, at, chain, actions } = emission
  const [isOpen, setOpen] = useState(false)
  const what = severity === null ? status : `${status}, ${GRADES[severity].word}`
  return (
    <div className="emission" role="group" aria-label={`On ${what}`}>
      <p className="small">
        <span className="strong">{what}</span>{' '}
        <span className="muted">
          <When at={at} />
        </span>
        {chain && (
          <>
            <State kind={CHAIN_WORDS[chain.state].kind}>{CHAIN_WORDS[chain.state].word}</State>
            <button type="button" className="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? 'Fold the chain' : 'Open the chain'}
            </button>
          </>
        )}
      </p>
      {!chain && <p className="muted small">No chain: the workspace has no package emit.</p>}
      {chain && !isOpen && actions.length === 0 && <p className="muted small">The emit policy proposed nothing.</p>}
      {!isOpen && actions.length > 0 && (
        <ul>
          {actions.map((action) => (
            <li key={action.id}>
              <span className="act">
                <ActName act={action} max={160} /> <OwnTitle act={action} max={160} />
              </span>
              {waitsForYou(action.state) ? (
                <a className={`state k-${ACTION_KINDS[action.state]}`} href={href('waiting', action.id)}>
                  <Icon of={ACTION_ICONS[action.state]} />
                  {ACTION_STATE_WORDS[action.state]}
                </a>
              ) : (
                <ActionStateWord state={action.state} hasIcon />
              )}
            </li>
          ))}
        </ul>
      )}
      {chain && isOpen && <EmissionChain id={chain.id} />}
    </div>
  )
}

/** The rounds of a chain about the report, read when it is opened. */
function EmissionChain({ id }: { id: string }): ReactNode {
  const { value, error, reload } = useQuery('chains.get', { id }, { what: ['chains', 'approvals'], chainId: id })
  if (error && !value) return <Failure error={error} onRetry={reload} />
  if (!value) return <Loading what="the chain" />
  return value.rounds.map((round) => <RoundView key={round.no} round={round} chain={value} foldsWell />)
}
