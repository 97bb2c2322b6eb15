import { CircleStop, RotateCw, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { ActionView, AlertDetail, ChainView } from '../../../shared/model/views.ts'
import type { ChainState } from '../../../shared/model/states.ts'
import { Button } from '../../components/button.tsx'
import { Failure, Loading } from '../../components/failure.tsx'
import { Select } from '../../components/select.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useCommands } from '../../lib/commands.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { useQuery } from '../../lib/query.ts'
import { clock, duration, useNow } from '../../lib/time.ts'
import { CHAIN_WORDS, count } from '../../lib/words.ts'
import { leaveDecisions, offerDecisions, openDecisions, useAttention } from '../approval/attention.ts'
import { openPolicy } from '../policy/policy-store.ts'
import { Acts } from './acts.tsx'
import { RerunDialog } from './rerun-dialog.tsx'
import { RoundView } from './round-view.tsx'
import { StopDialog } from './stop-dialog.tsx'
import { whatHappened } from './what-happened.ts'

const ACTIVE: readonly ChainState[] = ['queued', 'running', 'waiting']
/** A chain with more actions than this folds the rounds that ended well. */
const FOLD_ABOVE = 12

/** Without the last round when it proposed nothing: that is only how the chain came to its end. */
function workedRounds(chain: ChainView): ChainView['rounds'] {
  const last = chain.rounds.at(-1)
  return last && last.finishedAt !== null && last.actions.length === 0 ? chain.rounds.slice(0, -1) : chain.rounds
}

type Run = AlertDetail['chains'][number]

/** The run to show first: one that waits for the analyst, else the newest. */
function firstRun(runs: readonly Run[]): Run | undefined {
  return runs.findLast((run) => run.state === 'waiting') ?? runs.at(-1)
}

function runLabel(run: Run): string {
  const why = run.trigger === 'undo' ? 'undo' : run.trigger === 'event' ? '' : run.trigger
  return why ? `Run ${run.runNo}, ${why}` : `Run ${run.runNo}`
}

/** The chain of the alert: its runs, and the rounds of one of them. */
export function ChainSection({ detail }: { detail: AlertDetail }): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null)
  const choose = (runId: string) => {
    leaveDecisions()
    setChosen(runId)
  }
  const runs = detail.chains
  const run = runs.find((each) => each.id === chosen) ?? firstRun(runs)
  const {
    value: chain,
    error,
    reload,
  } = useQuery('chains.get', run ? { id: run.id } : null, {
    what: ['chains', 'approvals'],
    ...(run ? { chainId: run.id } : {}),
  })
  return (
    <section className="sect chain" aria-label="Chain">
      <header>
        <h3>Chain</h3>
        {chain ? <Summary chain={chain} /> : <span className="grow" />}
        {run && runs.length > 1 && (
          <Select
            label="Run"
            value={run.id}
            options={runs.map((each) => ({
              value: each.id,
              label: runLabel(each),
              hint: CHAIN_WORDS[each.state].word,
            }))}
            onChange={choose}
          />
        )}
        {chain && <ChainButtons chain={chain} onRerun={choose} />}
      </header>
      {!run && <p className="muted small">No chain: the alert was made while nothing could be started.</p>}
      {run && !chain && !error && <Loading what="the chain" />}
      {error && !chain && <Failure error={error} onRetry={reload} />}
      {chain && <Rounds chain={chain} />}
    </section>
  )
}

function Summary({ chain }: { chain: ChainView }): ReactNode {
  const now = useNow()
  const took = chain.startedAt === null ? null : (chain.finishedAt ?? now) - chain.startedAt
  return (
    <span className="muted grow ell">
      {count(workedRounds(chain).length, 'round')},{' '}
      <button
        type="button"
        className="link"
        onClick={() => openPolicy({ versionId: chain.policyVersionId, file: null, row: null, endRow: null })}
      >
        policy v{chain.policyNumber}
      </button>
      {took !== null && chain.finishedAt !== null && `, ${duration(took)}`}
    </span>
  )
}

function ChainButtons({ chain, onRerun }: { chain: ChainView; onRerun: (chainId: string) => void }): ReactNode {
  const stop = () => openDialog(<StopDialog chainId={chain.id} />)
  const rerun = () => openDialog(<RerunDialog chain={chain} onDone={onRerun} />)
  const isActive = ACTIVE.includes(chain.state)
  useCommands([
    {
      id: 'rerun',
      title: 'Re-run…',
      group: 'On this alert',
      keys: ['Shift+R'],
      icon: RotateCw,
      run: rerun,
    },
    ...(isActive
      ? [
          {
            id: 'stop',
            title: 'Stop chain…',
            group: 'On this alert' as const,
            icon: CircleStop,
            run: stop,
          },
        ]
      : []),
  ])
  return (
    <>
      {isActive && (
        <Button isSmall look="ghost" onClick={stop}>
          Stop chain…
        </Button>
      )}
      <Button isSmall icon={RotateCw} onClick={rerun}>
        Re-run…
      </Button>
    </>
  )
}

function Rounds({ chain }: { chain: ChainView }): ReactNode {
  const all = chain.rounds.flatMap((round) => round.actions)
  useOffer(all)
  const isToldBelow = all.some((action) => action.error?.message === chain.error?.message)
  return (
    <>
      <Lost actions={all} />
      {chain.error && !isToldBelow && (
        <p className="cause" role="alert">
          <State
            kind={CHAIN_WORDS[chain.state].kind}
            {...(chain.state === 'round_limit' ? { icon: TriangleAlert } : {})}
          >
            {CHAIN_WORDS[chain.state].word}
          </State>
          <Text value={chain.error.message} canExpand />
        </p>
      )}
      <Acts acts={chain.acts} about="the chain" />
      {chain.state === 'queued' && (
        <p className="muted small">
          Queued. It starts when the response mode and other chains of its namespace let it.
        </p>
      )}
      {workedRounds(chain).map((round) => (
        <RoundView key={`${chain.id} ${round.no}`} round={round} chain={chain} foldsWell={all.length > FOLD_ABOVE} />
      ))}
      <Ending chain={chain} />
    </>
  )
}

/** Tells the keys which decisions this chain holds. */
function useOffer(actions: readonly ActionView[]): void {
  const waiting = actions.filter(({ state }) => state === 'waiting').map(({ id }) => id)
  const key = waiting.join(' ')
  useEffect(() => offerDecisions(key === '' ? [] : key.split(' ')), [key])
  useEffect(() => {
    openDecisions()
    return leaveDecisions
  }, [])
}

/** Somebody else settled the decision in front: says so, and that no key acts on the next one yet. */
function Lost({ actions }: { actions: readonly ActionView[] }): ReactNode {
  const lost = useAttention((attention) => actions.find(({ id }) => id === attention.lost))
  const hasNext = useAttention((attention) => attention.offered.length > 0)
  return (
    <p role="status" className={lost ? 'lost k-stale' : 'vh'}>
      {lost && (
        <>
          <Text value={lost.title} max={100} />: {whatHappened(lost)}
          {hasNext && ' Press a, or click it, to go to the next decision: no key decides it before.'}
        </>
      )}
    </p>
  )
}

/** How the chain came to an end, in one line. */
function Ending({ chain }: { chain: ChainView }): ReactNode {
  const worked = workedRounds(chain).length
  switch (chain.state) {
    case 'completed':
      return (
        <p className="muted small">
          {worked > 0
            ? `Round ${worked} proposed nothing, so the chain ended${chain.finishedAt ? ` at ${clock(chain.finishedAt)}` : ''}.`
            : 'The action policy proposed nothing for this alert.'}
        </p>
      )
    case 'aborted':
      return <p className="muted small">The policy aborted the chain. What was committed before stands.</p>
    case 'cancelled':
      return <p className="muted small">Stopped. What had run before stands.</p>
    case 'round_limit':
      return <p className="muted small">Ended at the limit of 32 rounds: the policy would have gone on.</p>
    case 'failed':
    case 'queued':
    case 'running':
    case 'waiting':
      return null
  }
}
