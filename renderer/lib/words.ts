import type {
  ActionState,
  ChainState,
  Effect,
  EventOutcome,
  Severity,
  TriageState,
  Verdict,
} from '../../shared/model/states.ts'

/** Classes that carry a colour (`--k`), see styles/controls.css. */
export type Kind = 'c' | 'h' | 'm' | 'l' | 'i' | 'ok' | 'fail' | 'wait' | 'run' | 'stale' | 'off'

export const SEVERITIES = {
  critical: { word: 'Critical', letter: 'C', kind: 'c' },
  high: { word: 'High', letter: 'H', kind: 'h' },
  medium: { word: 'Medium', letter: 'M', kind: 'm' },
  low: { word: 'Low', letter: 'L', kind: 'l' },
  info: { word: 'Info', letter: 'I', kind: 'i' },
} as const satisfies Record<Severity, { word: string; letter: string; kind: Kind }>

export const TRIAGE_WORDS = {
  new: 'New',
  in_progress: 'In progress',
  closed: 'Closed',
} as const satisfies Record<TriageState, string>

export const VERDICT_WORDS = {
  true_positive_impact: 'True positive, impact',
  true_positive_no_impact: 'True positive, no impact',
  benign: 'Benign',
  false_positive: 'False positive',
  duplicate: 'Duplicate',
  test: 'Test',
} as const satisfies Record<Verdict, string>

export const ACTION_KINDS = {
  proposed: 'off',
  waiting: 'wait',
  approved: 'run',
  rejected: 'off',
  expired: 'off',
  running: 'run',
  confirming: 'run',
  succeeded: 'ok',
  failed: 'fail',
  unknown: 'stale',
  skipped: 'off',
  superseded: 'off',
} as const satisfies Record<ActionState, Kind>

export const CHAIN_WORDS = {
  queued: { word: 'Queued', kind: 'off' },
  running: { word: 'Running', kind: 'run' },
  waiting: { word: 'Waiting for you', kind: 'wait' },
  completed: { word: 'Completed', kind: 'ok' },
  aborted: { word: 'Aborted', kind: 'off' },
  failed: { word: 'Failed', kind: 'fail' },
  cancelled: { word: 'Stopped', kind: 'off' },
  round_limit: { word: 'Stopped at the round limit', kind: 'stale' },
} as const satisfies Record<ChainState, { word: string; kind: Kind }>

export const OUTCOME_WORDS = {
  pending: { word: 'Pending', kind: 'run' },
  alerts: { word: 'Alert', kind: 'ok' },
  no_alert: { word: 'No alert', kind: 'off' },
  no_policy: { word: 'No policy', kind: 'stale' },
  problem: { word: 'Problem', kind: 'fail' },
} as const satisfies Record<EventOutcome, { word: string; kind: Kind }>

export const EFFECT_SENTENCES = {
  observe: 'Only looks things up.',
  notify: 'Tells someone, or writes to a service.',
  contain: 'Changes a host, an account, a file or a network.',
} as const satisfies Record<Effect, string>

/** `1 alert`, `3 alerts`: a number with its noun. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? noun : plural}`
}

/** `68 bytes`, `2.1 kB`, `214 MB` */
export function bytes(value: number): string {
  if (value < 1000) return count(value, 'byte')
  const units = ['kB', 'MB', 'GB', 'TB']
  let amount = value / 1000
  let unit = 0
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`
}

/** Beginning and end of a hash: enough to compare by eye, short enough to read. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`
}

/** Who did something, as the one person in front of the desk reads it. */
export function actor(by: string): string {
  if (by === 'analyst') return 'you'
  return by === 'system' ? 'Tocsin' : by
}
