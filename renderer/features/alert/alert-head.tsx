import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { When } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { LitLines } from '../../components/lit-lines.tsx'
import { RulePlace } from '../../components/rule-place.tsx'
import { SeverityTile, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { useCommands } from '../../lib/commands.ts'
import { defangText } from '../../lib/defang.ts'
import { TRIAGE_WORDS, VERDICT_WORDS } from '../../lib/words.ts'
import { closeDetail } from '../inbox/inbox-commands.ts'
import { NoteButton } from './note-button.tsx'
import { useAlertView } from './alert-view-store.ts'
import { Title } from './title.tsx'

/** Title, state, facts and *why*, all without a click. */
export function AlertHead({ detail }: { detail: AlertDetail }): ReactNode {
  const { alert, why, occurrences, firstSeenAt, triage } = detail
  const { isWhyOpen, toggleWhy } = useAlertView()
  useCommands([{ id: 'why', title: 'Why is this an alert?', group: 'On this alert', keys: ['w'], run: toggleWhy }])
  return (
    <header className="ahead">
      <div className="top">
        <SeverityTile severity={alert.severity} />
        <Title value={defangText(alert.title)} />
        <Button look="ghost" isSmall keys="w" aria-expanded={isWhyOpen} onClick={toggleWhy}>
          Why
        </Button>
        <NoteButton detail={detail} />
        <Button look="ghost" isSmall icon={X} aria-label="Close detail" onClick={closeDetail} />
      </div>
      <div className="meta">
        <TriageState detail={detail} />
        <Text value={alert.source} max={100} />
        <span>
          {occurrences > 1 ? `×${occurrences}, first ` : ''}
          <When at={occurrences > 1 ? firstSeenAt : alert.createdAt} />
        </span>
        {alert.namespace && (
          <span>
            namespace <Text value={alert.namespace} max={100} />
          </span>
        )}
        {alert.tags.map((tag) => (
          <span key={tag} className="tag">
            <Text value={tag} max={60} />
          </span>
        ))}
      </div>
      {alert.description && (
        <p className="desc">
          <Text value={defangText(alert.description)} isMultiline canExpand />
        </p>
      )}
      <dl className="why" aria-label="Why this is an alert">
        <dt>Why</dt>
        <dd>
          {why ? (
            <>
              <Text value={why.sentence} />{' '}
              <RulePlace versionId={detail.policyVersionId} file={why.file} row={why.row} endRow={why.endRow} />
              {isWhyOpen && <LitLines lines={why.lines} of="this alert" />}
              {isWhyOpen && detail.rules.length > 0 && (
                <p className="muted">
                  Rule <Rules ids={detail.rules} />
                </p>
              )}
            </>
          ) : (
            <span className="muted">
              Policy v{detail.policyNumber} made it
              {detail.rules.length > 0 && (
                <>
                  {' '}
                  by <Rules ids={detail.rules} />
                </>
              )}
              .{' '}
              {detail.event.deletedAt === null
                ? 'Which line is not recorded.'
                : 'Its event was deleted by its age: which line cannot be found out any more.'}
            </span>
          )}
        </dd>
        {triage.note && (
          <>
            <dt>Note</dt>
            <dd>
              <Text value={triage.note} isMultiline canExpand />
            </dd>
          </>
        )}
      </dl>
    </header>
  )
}

/** What made it, by the names that stay when rules move. */
function Rules({ ids }: { ids: readonly string[] }): ReactNode {
  return ids.map((id, at) => (
    <span key={id}>
      {at > 0 && ', '}
      <span className="mono">
        <Text value={id} max={200} />
      </span>
    </span>
  ))
}

function TriageState({ detail }: { detail: AlertDetail }): ReactNode {
  const { triage, chains } = detail
  if (triage.state === 'closed') {
    return (
      <State kind="off">{triage.verdict ? `Closed, ${VERDICT_WORDS[triage.verdict].toLowerCase()}` : 'Closed'}</State>
    )
  }
  if (chains.some((chain) => chain.state === 'waiting'))
    return <State kind="wait">{TRIAGE_WORDS[triage.state]}, a decision waits</State>
  return <span>{TRIAGE_WORDS[triage.state]}</span>
}
