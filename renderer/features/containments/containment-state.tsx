import type { ReactNode } from 'react'
import type { ContainmentRow } from '../../../shared/model/containment.ts'
import { Age } from '../../components/age.tsx'
import { ActionStateWord, State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { span, useNow } from '../../lib/time.ts'
import { actor } from '../../lib/words.ts'

/** Of what was found, and of what it was before, what one line shows. */
const MAX_LINE = 400

/** What is known of it: how far it has come, what the last look found, since when, and when it ends. */
export function ContainmentState({ row }: { row: ContainmentRow }): ReactNode {
  return (
    <>
      <Standing row={row} />
      {row.found.map((found) => (
        <span key={found} className="sub">
          <Text value={found} max={MAX_LINE} />
        </span>
      ))}
      <span className="sub">
        <Age at={row.since} isLong />, by {actor(row.by)}
      </span>
      {row.before.length > 0 && (
        <span className="sub">
          Before: <Text value={row.before.map(({ key, value }) => `${key} ${value}`).join(', ')} max={MAX_LINE} />
        </span>
      )}
      <End row={row} />
    </>
  )
}

function Standing({ row }: { row: ContainmentRow }): ReactNode {
  const { undoState, isUnchanged, stage, standing, checkedAt, since } = row
  if (undoState) return <ActionStateWord state={undoState} hasIcon />
  if (isUnchanged) return <State kind="ok">Was so before</State>
  if (stage === 'requested') return <State kind="stale">Requested, no answer</State>
  if (stage === 'accepted') return <State kind="run">Accepted, not confirmed yet</State>
  if (standing === 'drifted') return <State kind="fail">Changed elsewhere</State>
  if (standing === 'unreadable')
    return (
      <State kind="stale">
        Not readable <Ago at={checkedAt ?? since} />
      </State>
    )
  if (stage === 'done') return <State kind="ok">In force</State>
  return (
    <State kind="ok">
      Confirmed <Ago at={checkedAt ?? since} />
    </State>
  )
}

function Ago({ at }: { at: number }): ReactNode {
  return (
    <>
      <Age at={at} /> ago
    </>
  )
}

function End({ row: { endsAt, isEndedByTarget, endFailure } }: { row: ContainmentRow }): ReactNode {
  const now = useNow()
  if (endsAt === null) return null
  const how = isEndedByTarget ? 'ends by itself' : 'its undo is proposed'
  return (
    <span className={endFailure === null ? 'sub' : 'sub k-fail'}>
      {endsAt > now ? `In ${span(endsAt - now)} ${how}` : `Its time was up ${span(now - endsAt)} ago`}
      {endFailure !== null && (
        <>
          : <Text value={endFailure} max={MAX_LINE} />
        </>
      )}
    </span>
  )
}
