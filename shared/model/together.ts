import { z } from 'zod'
import { jsonValue } from './json.ts'
import { actionState } from './states.ts'

/** One of many alike actions that are to be decided together, as it is now. */
export const togetherRow = z.object({
  actionId: z.string(),
  name: z.string(),
  title: z.string(),
  target: z.string(),
  alertTitle: z.string(),
  /** The arguments in which these actions differ. */
  differs: z.array(z.object({ key: z.string(), value: jsonValue })),
  /** What deciding it must carry. */
  boundHash: z.string(),
  state: actionState,
  isStale: z.boolean(),
  isIrreversible: z.boolean(),
})
export type TogetherRow = z.infer<typeof togetherRow>

/**
 * What became of one: decided by this answer (`approved`, `rejected`), decided before (`settled`), not as it was listed
 * (`stale`, `changed`), never decided together (`irreversible`), or why it could not be (`failed`).
 */
export const togetherResult = z.object({
  actionId: z.string(),
  outcome: z.enum(['approved', 'rejected', 'settled', 'stale', 'changed', 'irreversible', 'failed']),
  message: z.string(),
})
export type TogetherResult = z.infer<typeof togetherResult>
