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
  Radar,
  type LucideIcon,
  Minus,
  Pause,
  TriangleAlert,
  X,
} from 'lucide-react'
import { Fragment, type ReactNode } from 'react'
import { ACTION_STATE_WORDS, type ActionState, type ChainState, type Severity } from '../../shared/model/states.ts'
import type { StateCount } from '../../shared/model/views.ts'
import { ACTION_KINDS, CHAIN_WORDS, type Kind, SEVERITIES } from '../lib/words.ts'
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
  confirming: Radar,
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
  confirming: Radar,
  succeeded: Check,
  failed: X,
  unknown: CircleQuestionMark,
  skipped: Minus,
  superseded: Minus,
}

/** Kinds of marks that fit into a row, fewer where their numbers are long; what is left out is counted behind them. */
const MAX_KINDS = 3
const MAX_DIGITS = 5

function kindsThatFit(kinds: readonly StateCount[]): number {
  const digits = kinds.slice(0, MAX_KINDS).reduce((sum, { count }) => sum + (count > 1 ? String(count).length : 0), 0)
  return digits > MAX_DIGITS ? MAX_KINDS - 1 : MAX_KINDS
}

/** "round limit, 1 failed, 2 succeeded": counts of states, the worst first, and how the chain ended where that is worse. */
export function actionsInWords(counts: readonly StateCount[], chain: ChainState | null = null): string {
  const parts = counts.map(
    ({ state, count }) => `${count.toLocaleString('en-US')} ${ACTION_STATE_WORDS[state].toLowerCase()}`,
  )
  const end = badEnd(counts, chain)
  if (end !== null) parts.unshift(CHAIN_WORDS[end].word.toLowerCase())
  return parts.length === 0 ? 'no actions' : parts.join(', ')
}

/** An end of the chain that none of its actions tells of. */
function badEnd(counts: readonly StateCount[], chain: ChainState | null): 'round_limit' | 'failed' | null {
  if (chain === 'round_limit') return chain
  return chain === 'failed' && !counts.some(({ state }) => state === 'failed') ? chain : null
}

export interface ActionMarksProps {
  counts: readonly StateCount[]
  chain?: ChainState | null
}

/** A mark and a number for each state, the worst first. What a bad end puts in doubt gets no check mark. */
export function ActionMarks({ counts, chain = null }: ActionMarksProps): ReactNode {
  const end = badEnd(counts, chain)
  const kinds = end === null ? counts : counts.filter(({ state }) => state !== 'succeeded')
  const fit = kindsThatFit(kinds)
  const shown = kinds.slice(0, fit)
  const rest = kinds.slice(fit).reduce((sum, { count }) => sum + count, 0)
  return (
    <>
      {end !== null && (
        <span className={`k-${CHAIN_WORDS[end].kind}`}>
          <Icon of={end === 'failed' ? X : TriangleAlert} size={12} />
        </span>
      )}
      {shown.map(({ state, count }) => (
        <Fragment key={state}>
          <Mark state={state} />
          {count > 1 && <span className="gn">{count.toLocaleString('en-US')}</span>}
        </Fragment>
      ))}
      {rest > 0 && <span className="gn">+{rest.toLocaleString('en-US')}</span>}
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
