import { z } from 'zod'

/** Where an action is (`design.md` §5). The transitions are in `electron/engine/chain/records/transitions.ts`. */
export const actionState = z.enum([
  'proposed',
  'waiting',
  'approved',
  'rejected',
  'expired',
  'running',
  'confirming',
  'succeeded',
  'failed',
  'unknown',
  'skipped',
  'superseded',
])
export type ActionState = z.infer<typeof actionState>

export const chainState = z.enum([
  'queued',
  'running',
  'waiting',
  'completed',
  'aborted',
  'failed',
  'cancelled',
  'round_limit',
])
export type ChainState = z.infer<typeof chainState>

/** What an action can do to the world, weakest first. */
export const effect = z.enum(['observe', 'notify', 'contain'])
export type Effect = z.infer<typeof effect>

/** *Off* · *Dry-run* · *Ask before acting* · *By policy*. */
export const responseMode = z.enum(['off', 'dry-run', 'ask', 'policy'])
export type ResponseMode = z.infer<typeof responseMode>

export const severity = z.enum(['critical', 'high', 'medium', 'low', 'info'])
export type Severity = z.infer<typeof severity>

export const eventOutcome = z.enum(['pending', 'alerts', 'no_alert', 'no_policy', 'problem'])
export type EventOutcome = z.infer<typeof eventOutcome>

export const triageState = z.enum(['new', 'in_progress', 'closed'])
export type TriageState = z.infer<typeof triageState>

export const verdict = z.enum([
  'true_positive_impact',
  'true_positive_no_impact',
  'benign',
  'false_positive',
  'duplicate',
  'test',
])
export type Verdict = z.infer<typeof verdict>

/** The words on the screen for each state of an action (`interfaces.md` §6). */
export const ACTION_STATE_WORDS = {
  proposed: 'Proposed',
  waiting: 'Waiting for you',
  approved: 'Approved',
  rejected: 'Rejected',
  expired: 'Expired',
  running: 'Running',
  confirming: 'Confirming',
  succeeded: 'Succeeded',
  failed: 'Failed',
  unknown: 'Unknown',
  skipped: 'Skipped',
  superseded: 'Superseded',
} as const satisfies Record<ActionState, string>

export const RESPONSE_MODE_WORDS = {
  off: 'Off',
  'dry-run': 'Dry-run',
  ask: 'Ask before acting',
  policy: 'By policy',
} as const satisfies Record<ResponseMode, string>
