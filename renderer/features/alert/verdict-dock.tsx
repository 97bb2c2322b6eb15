import { Ellipsis, RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import type { Verdict } from '../../../shared/model/states.ts'
import { Button } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu } from '../../components/menu.tsx'
import { VERDICT_WORDS } from '../../lib/words.ts'
import { triageRow } from '../inbox/inbox-commands.ts'

const BUTTONS: readonly { verdict: Verdict; label: string; key: string }[] = [
  { verdict: 'true_positive_impact', label: 'True positive', key: 't' },
  { verdict: 'false_positive', label: 'False positive', key: 'f' },
  { verdict: 'benign', label: 'Benign', key: 'b' },
  { verdict: 'duplicate', label: 'Duplicate', key: 'd' },
]

const MORE: readonly Verdict[] = ['true_positive_no_impact', 'test']

/** How the alert is closed: a verdict in one click or two keys. */
export function VerdictDock({ detail }: { detail: AlertDetail }): ReactNode {
  const { triage, newestId, rowId } = detail
  const row = { alertId: newestId, rowId }
  const close = (verdict: Verdict) => void triageRow(row, 'closed', verdict)
  return (
    <div className="dock" role="toolbar" aria-label="Verdict">
      {triage.state === 'closed' ? (
        <>
          <span className="lab">
            Closed{triage.verdict ? ` as ${VERDICT_WORDS[triage.verdict].toLowerCase()}` : ''}
          </span>
          <Button isSmall icon={RotateCcw} keys="o" onClick={() => void triageRow(row, 'new', null)}>
            Open again
          </Button>
        </>
      ) : (
        <>
          <span className="lab close">Close as</span>
          {BUTTONS.map(({ verdict, label, key }) => (
            <Button key={verdict} isSmall keys={`e ${key}`} onClick={() => close(verdict)}>
              {label}
            </Button>
          ))}
          <Menu
            trigger={
              <button type="button" className="btn icon sm ghost" aria-label="More verdicts" title="More verdicts">
                <Icon of={Ellipsis} />
              </button>
            }
            items={MORE.map((verdict) => ({ label: VERDICT_WORDS[verdict], run: () => close(verdict) }))}
          />
        </>
      )}
    </div>
  )
}
