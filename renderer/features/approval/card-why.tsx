import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ApprovalCard as Card, Asked } from '../../../shared/model/views.ts'
import { Button, Keys } from '../../components/button.tsx'
import { Icon } from '../../components/icon.tsx'
import { LitLines } from '../../components/lit-lines.tsx'
import { RulePlace } from '../../components/rule-place.tsx'
import { Text } from '../../components/text.tsx'
import { call } from '../../lib/bridge.ts'
import { type Command, useCommands } from '../../lib/commands.ts'

export interface CardWhyProps {
  card: Card
  /** How the action is called among those of its chain */
  label: string
  policyVersionId: string | null
  /** Whether `w` is this card's: the alert around it has one of its own */
  hasKey: boolean
}

/** Why it is asked, in one sentence with its place; the lines of the rule are a key away. */
export function CardWhy({ card, label, policyVersionId, hasKey }: CardWhyProps): ReactNode {
  const { asked, policyReason } = card
  return (
    <dl>
      <dt>Why</dt>
      <dd>
        {card.beyondCap && (
          <p className="k-stale">
            <Text value={card.beyondCap} canExpand />
          </p>
        )}
        {policyReason && (
          <p>
            <Text value={policyReason} canExpand />
          </p>
        )}
        {asked ? (
          <Rule
            asked={asked}
            label={label}
            isSaid={policyReason === ''}
            policyVersionId={policyVersionId}
            hasKey={hasKey}
          />
        ) : (
          // An undo has a reason and no rule: the analyst asked for it.
          (policyReason === '' || card.canExplain) && <Unexplained card={card} />
        )}
      </dd>
    </dl>
  )
}

interface RuleProps {
  asked: Asked
  label: string
  /** Whether its own sentence is the reason: the policy gave none */
  isSaid: boolean
  policyVersionId: string | null
  hasKey: boolean
}

function Rule({ asked, label, isSaid, policyVersionId, hasKey }: RuleProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const toggle = () => setOpen(!isOpen)
  const command: Command = {
    id: 'rule',
    title: 'Show the lines of the rule',
    group: 'On this decision',
    keys: ['w'],
    run: toggle,
  }
  useCommands(hasKey ? [command] : [])
  return (
    <>
      {(isSaid || isOpen) && (
        <p>
          <Text value={asked.sentence} canExpand />
        </p>
      )}
      <p className="row wrap place">
        {policyVersionId ? (
          <RulePlace versionId={policyVersionId} file={asked.file} row={asked.row} endRow={asked.endRow} />
        ) : (
          <code>
            {asked.file}:{asked.row}
          </code>
        )}
        {asked.lines.length > 0 && (
          <button type="button" className="unch" aria-expanded={isOpen} onClick={toggle}>
            <Icon of={isOpen ? ChevronDown : ChevronRight} />
            Lines of the rule {hasKey && <Keys of="w" />}
          </button>
        )}
      </p>
      {isOpen && <LitLines lines={asked.lines} of={label} />}
    </>
  )
}

/** A round that proposes many actions does not wait for the rule of each: it is looked up when somebody wants to know. */
function Unexplained({ card }: { card: Card }): ReactNode {
  const [said, setSaid] = useState('')
  const [isBusy, setBusy] = useState(false)
  const lookUp = async () => {
    setBusy(true)
    const answer = await call('approvals.explain', { actionId: card.actionId })
    setBusy(false)
    setSaid(!answer.ok ? answer.error.message : answer.value.asked === null ? 'No single rule can be told.' : '')
  }
  return (
    <p className="row wrap">
      <span className="muted grow">
        Policy v{card.policyNumber} asks for it.{' '}
        <span role="status">
          {said || (card.canExplain ? 'Which rule was not looked up yet.' : 'Which line is not recorded.')}
        </span>
      </span>
      {card.canExplain && (
        <Button isSmall isBusy={isBusy} onClick={() => void lookUp()}>
          Look up the rule
        </Button>
      )}
    </p>
  )
}
