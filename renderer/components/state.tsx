import {
  Ban,
  Check,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleQuestionMark,
  CircleSlash,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  Minus,
  Pause,
  X,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { ACTION_STATE_WORDS, type ActionState, type Severity } from '../../shared/model/states.ts'
import { ACTION_KINDS, type Kind, SEVERITIES } from '../lib/words.ts'
import { Icon } from './icon.tsx'

const KIND_ICONS: Record<Kind, LucideIcon> = {
  c: CircleAlert,
  h: CircleAlert,
  m: CircleAlert,
  l: CircleAlert,
  i: CircleAlert,
  ok: CircleCheck,
  fail: CircleX,
  wait: CirclePause,
  run: LoaderCircle,
  stale: CircleQuestionMark,
  off: CircleSlash,
}

export const ACTION_ICONS: Record<ActionState, LucideIcon> = {
  proposed: CircleDashed,
  waiting: CirclePause,
  approved: CircleCheck,
  rejected: Ban,
  expired: CircleSlash,
  running: LoaderCircle,
  succeeded: CircleCheck,
  failed: CircleX,
  unknown: CircleQuestionMark,
  skipped: CircleSlash,
  superseded: CircleSlash,
}

/** A state: always icon and word, the colour comes on top. */
export function State({ kind, children, icon }: { kind: Kind; children: ReactNode; icon?: LucideIcon }): ReactNode {
  return (
    <span className={`state k-${kind}`}>
      <Icon of={icon ?? KIND_ICONS[kind]} />
      {children}
    </span>
  )
}

export function ActionStateWord({ state, hasIcon }: { state: ActionState; hasIcon?: boolean }): ReactNode {
  return (
    <span className={`state k-${ACTION_KINDS[state]}`}>
      {hasIcon && <Icon of={ACTION_ICONS[state]} />}
      {ACTION_STATE_WORDS[state]}
    </span>
  )
}

/** Severity: a letter tile, with the word for screen readers. */
export function SeverityTile({ severity }: { severity: Severity }): ReactNode {
  const { word, letter, kind } = SEVERITIES[severity]
  return (
    <span className={`sev k-${kind}`} title={word}>
      <span aria-hidden="true">{letter}</span>
      <span className="vh">{word}</span>
    </span>
  )
}

const MARKS: Record<ActionState, LucideIcon> = {
  proposed: Minus,
  waiting: Pause,
  approved: LoaderCircle,
  rejected: Ban,
  expired: Ban,
  running: LoaderCircle,
  succeeded: Check,
  failed: X,
  unknown: CircleQuestionMark,
  skipped: Minus,
  superseded: Minus,
}

/** More marks than this fold: the succeeded ones become a number, what failed or waits always shows. */
const MAX_MARKS = 5

/** "1 failed, 2 succeeded" for a list of states. */
export function actionsInWords(states: readonly ActionState[]): string {
  if (states.length === 0) return 'no actions'
  const counts = new Map<string, number>()
  for (const state of states) {
    const word = ACTION_STATE_WORDS[state].toLowerCase()
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
}

/** One small mark per action of a chain. */
export function ActionMarks({ states }: { states: readonly ActionState[] }): ReactNode {
  const isFolded = states.length > MAX_MARKS
  const rest = isFolded ? states.filter((state) => state !== 'succeeded').slice(0, MAX_MARKS - 1) : states
  const folded = states.length - rest.length
  return (
    <>
      {isFolded && folded > 0 && <span className="gn">{folded}</span>}
      {isFolded && states.includes('succeeded') && <Mark state="succeeded" />}
      {rest.map((state, index) => (
        <Mark key={index} state={state} />
      ))}
    </>
  )
}

function Mark({ state }: { state: ActionState }): ReactNode {
  return (
    <span className={`k-${ACTION_KINDS[state]}`}>
      <Icon of={MARKS[state]} size={12} />
    </span>
  )
}
