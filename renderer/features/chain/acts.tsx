import type { ReactNode } from 'react'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { ActView } from '../../../shared/model/views.ts'
import { When } from '../../components/age.tsx'
import { Text } from '../../components/text.tsx'
import { visibleText } from '../../../shared/visible-text.ts'
import { actor } from '../../lib/words.ts'
import { Change } from '../approval/change.tsx'

/** What each kind of act says, after who did it. */
const DEEDS: Readonly<Record<string, string>> = {
  'approval.approve': 'approved it',
  'approval.reject': 'rejected it',
  'approval.expire': 'let it expire: nobody decided in time',
  'approval.stale': 'asked again, because it changed after it was approved',
  'attempt.done': 'said that it was done',
  'attempt.not_done': 'said that it was not done',
  'attempt.again': 'had it tried again',
  'containment.undo': 'proposed its undo',
  'containment.lift': 'said that it is lifted, without an act of Tocsin',
  'chain.stop': 'stopped the chain',
  'chain.rerun': 'ran it again',
}

/** What people and the system decided about an action or a chain, the earliest first. */
export function Acts({ acts, about }: { acts: readonly ActView[]; about: string }): ReactNode {
  if (acts.length === 0) return null
  return (
    <ul className="acts" aria-label={`Decisions on ${about}`}>
      {acts.map((act, index) => (
        <li key={index}>
          <span className="muted">
            <When at={act.at} />
          </span>
          <div>
            {act.cause && (
              <p>
                The outcome was unknown: <Text value={act.cause.message} max={600} canExpand />
              </p>
            )}
            <p>
              <Deed act={act} />
            </p>
            <Changes act={act} />
          </div>
        </li>
      ))}
    </ul>
  )
}

function Deed({ act: { by, kind, reason, changes } }: { act: ActView }): ReactNode {
  const who = actor(by)
  const isEdited = kind === 'approval.approve' && changes.length > 0
  return (
    <>
      {who.charAt(0).toUpperCase() + who.slice(1)} {DEEDS[kind] ?? kind}
      {isEdited && ' with changes'}
      {reason !== '' && kind !== 'approval.stale' && (
        <>
          : “<Text value={reason} max={600} canExpand />”
        </>
      )}
    </>
  )
}

function Changes({ act: { changes } }: { act: ActView }): ReactNode {
  if (changes.length === 0) return null
  return (
    <div className="args">
      {changes.map(({ key, before, after }) => (
        <ChangeLine key={key} name={key} before={textOf(before)} after={textOf(after)} />
      ))}
    </div>
  )
}

function ChangeLine({ name, before, after }: { name: string; before: string; after: string }): ReactNode {
  return (
    <>
      <span className="k">{visibleText(name, 80)}</span>
      <span className="v">
        <Change before={before} after={after} />
      </span>
    </>
  )
}

/** An argument that was not given is none. */
function textOf(value: JsonValue): string {
  if (value === null) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
