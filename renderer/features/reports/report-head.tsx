import { CirclePause, RefreshCw, ScanSearch, ShieldQuestionMark, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ReportDetail } from '../../../shared/model/report.ts'
import { When } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Icon } from '../../components/icon.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useCommands } from '../../lib/commands.ts'
import { defangText } from '../../lib/defang.ts'
import { openDialog } from '../../lib/open-dialog.ts'
import { href } from '../../lib/route.ts'
import { span, useNow } from '../../lib/time.ts'
import { count } from '../../lib/words.ts'
import { Title } from '../alert/title.tsx'
import { OverrideDialog } from './override-dialog.tsx'
import { closeReport, inspectAgain, reviewNow } from './report-acts.ts'
import { overriddenReview, pendingWords, waitsForYou, reviewerOf, signOf, standingReview } from './report-words.ts'

/** What the report is, how it is graded, by whom and why; and what the analyst can do about it. */
export function ReportHead({ detail }: { detail: ReportDetail }): ReactNode {
  return (
    <header className="ahead">
      <div className="top">
        <Title value={defangText(detail.title)} />
        <Button look="ghost" isSmall icon={X} aria-label="Close detail" onClick={closeReport} />
      </div>
      <div className="meta">
        <Grade detail={detail} />
        <Cause detail={detail} />
      </div>
      <dl className="why">
        <Reasons detail={detail} />
      </dl>
      {detail.stopped !== '' && (
        <p className="notice k-stale" role="status">
          <State kind="stale">Stopped</State> <Text value={detail.stopped} max={400} canExpand />
        </p>
      )}
      <Acts detail={detail} />
    </header>
  )
}

function Acts({ detail }: { detail: ReportDetail }): ReactNode {
  const { id } = detail
  const override = () => openDialog(<OverrideDialog detail={detail} />)
  useCommands([
    {
      id: 'override',
      title: 'Override the grade…',
      group: 'On this report',
      keys: ['o'],
      icon: ShieldQuestionMark,
      run: override,
    },
    {
      id: 'reinspect',
      title: 'Inspect again',
      group: 'On this report',
      icon: ScanSearch,
      run: () => void inspectAgain(id),
    },
    { id: 'review', title: 'Review now', group: 'On this report', icon: RefreshCw, run: () => void reviewNow(id) },
  ])
  return (
    <p className="row wrap actions">
      <Button isSmall keys="o" onClick={override}>
        Override…
      </Button>
      <Button isSmall look="ghost" icon={ScanSearch} onClick={() => void inspectAgain(id)}>
        Inspect again
      </Button>
      <Button isSmall look="ghost" icon={RefreshCw} onClick={() => void reviewNow(id)}>
        Review now
      </Button>
    </p>
  )
}

function Grade({ detail }: { detail: ReportDetail }): ReactNode {
  const sign = signOf(detail)
  const review = standingReview(detail)
  const pending = pendingWords(detail)
  const waiting = detail.emissions.flatMap(({ actions }) => actions).find(({ state }) => waitsForYou(state))
  return (
    <>
      <State kind={sign.kind} icon={sign.icon}>
        {sign.word}
      </State>
      {detail.gradedAt !== null && (
        <span>
          graded <When at={detail.gradedAt} /> by {review ? reviewerOf(review) : detail.gradedBy}
        </span>
      )}
      {pending !== '' && (
        <span className="row">
          {detail.severity !== null && (
            <State kind="run">
              <span className="vh">In review: </span>
              {pending}
            </State>
          )}
          {detail.severity === null && pending}
        </span>
      )}
      <Due detail={detail} />
      {waiting && detail.waiting > 0 && (
        <a className="state k-wait" href={href('waiting', waiting.id)}>
          <Icon of={CirclePause} />
          {count(detail.waiting, 'action')} {detail.waiting === 1 ? 'waits' : 'wait'} for you
        </a>
      )}
    </>
  )
}

/** When a timer of the report ends. */
function Due({ detail: { inspectAt, reviewAt } }: { detail: ReportDetail }): ReactNode {
  const now = useNow()
  if (inspectAt !== null && inspectAt > now) return <span>inspected in {span(inspectAt - now)}</span>
  if (reviewAt !== null && reviewAt > now) return <span>reviewed at the latest in {span(reviewAt - now)}</span>
  return null
}

function Cause({ detail }: { detail: ReportDetail }): ReactNode {
  const { detector, ruleId, alertKey, cause, createdAt, closesAt } = detail
  return (
    <>
      <span className="why-one" title="What its alerts have in common: detector, rule and key">
        <Text value={detector} max={100} /> / <Text value={ruleId} max={200} /> /{' '}
        <span className="mono">
          <Text value={alertKey} max={200} />
        </span>
        <CopyButton text={cause} label="Copy the hash of the cause" isIconOnly />
      </span>
      <span title="Alerts of this cause gather here within the window; later ones open another report">
        window <When at={createdAt} />–<When at={closesAt} />
      </span>
    </>
  )
}

function Reasons({ detail }: { detail: ReportDetail }): ReactNode {
  const overridden = overriddenReview(detail)
  return (
    <>
      <dt>{detail.gradedBy === 'analyst' ? 'Your reason' : 'Review'}</dt>
      <dd>
        {detail.gradedBy === null ? (
          <span className="muted">
            No review yet: it runs when all inspections have settled, at the latest after the review delay.
          </span>
        ) : detail.reason === '' ? (
          <span className="muted">The policy gave no reason.</span>
        ) : (
          <Text value={detail.reason} max={600} canExpand />
        )}
      </dd>
      {overridden && (
        <>
          <dt>Policy</dt>
          <dd>
            <State kind={signOf({ ...overridden, isInReview: false, openInspections: 0 }).kind}>
              {overridden.severity}
            </State>{' '}
            <span className="muted small">
              {reviewerOf(overridden)}, <When at={overridden.at} />
            </span>{' '}
            <Text value={overridden.reason} max={600} canExpand />
          </dd>
        </>
      )}
    </>
  )
}
