import { z } from 'zod'
import { actionState } from './states.ts'

/** One containment in force, or on its way there. */
export const containmentRow = z.object({
  attemptId: z.string(),
  actionId: z.string(),
  /** Of a chain about a report: the last alert of it, and the report. */
  alertId: z.string(),
  reportId: z.string().nullable(),
  alertTitle: z.string(),
  name: z.string(),
  title: z.string(),
  target: z.string(),
  /** The same of all that is in force on one target. */
  targetKey: z.string(),
  uses: z.string(),
  since: z.number(),
  by: z.string(),
  /** Requested, taken by the service, read back from the target; or done, by an action that cannot read it. */
  stage: z.enum(['requested', 'accepted', 'confirmed', 'done']),
  /** What the last look at it found; null before there was one. */
  standing: z.enum(['holds', 'drifted', 'unreadable']).nullable(),
  checkedAt: z.number().nullable(),
  /** What differs, why it could not be read, or why it is not confirmed yet. */
  found: z.array(z.string()),
  canVerify: z.boolean(),
  /** What the target was before. */
  before: z.array(z.object({ key: z.string(), value: z.string() })),
  endsAt: z.number().nullable(),
  isEndedByTarget: z.boolean(),
  /** Why its end could not be seen to. */
  endFailure: z.string().nullable(),
  /** It was so already when the action ran: there is nothing of ours to take back. */
  isUnchanged: z.boolean(),
  undo: z.object({ uses: z.string(), title: z.string() }).nullable(),
  undoState: actionState.nullable(),
  undoActionId: z.string().nullable(),
})
export type ContainmentRow = z.infer<typeof containmentRow>
