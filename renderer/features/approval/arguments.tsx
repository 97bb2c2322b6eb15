import { ChevronRight } from 'lucide-react'
import { Fragment, type ReactNode, useState } from 'react'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { ApprovalCard } from '../../../shared/model/views.ts'
import { Icon } from '../../components/icon.tsx'
import { Text } from '../../components/text.tsx'
import { visibleText } from '../../../shared/visible-text.ts'
import { count } from '../../lib/words.ts'
import { Change } from './change.tsx'

/** Arguments beyond these are listed on request. */
const FIRST = 12

export function argText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What the action is called with. Secrets show as their names; edited ones show both values. */
export function Arguments({ card }: { card: ApprovalCard }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const { args } = card
  if (args.length === 0) return <span className="muted">None.</span>
  const shown = isWhole ? args : args.slice(0, FIRST)
  return (
    <>
      <div className="args">
        {shown.map((arg) => (
          <Fragment key={arg.key}>
            <span className="k">{visibleText(arg.key, 80)}</span>
            <span className="v">
              {arg.edited === undefined ? (
                <Text value={argText(arg.value)} max={400} canExpand />
              ) : (
                <>
                  <Change before={argText(arg.value)} after={argText(arg.edited)} />
                  <span className="badge">edited by you</span>
                </>
              )}
              {arg.isSecret && <span className="seen">from the vault, never shown</span>}
            </span>
          </Fragment>
        ))}
      </div>
      {shown.length < args.length && (
        <button type="button" className="unch" onClick={() => setWhole(true)}>
          <Icon of={ChevronRight} />
          {count(args.length - shown.length, 'more argument')}
        </button>
      )}
    </>
  )
}
