import { z } from 'zod'

export const sourceRow = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  events: z.number(),
  refusals: z.array(z.object({ code: z.string(), count: z.number() })),
})
export type SourceRow = z.infer<typeof sourceRow>

/** Refused requests that are alike; nothing of what they held. */
export const refusedRow = z.object({
  /** The source's name; '' without a known token. */
  source: z.string(),
  code: z.string(),
  /** The address that they came from, `proxy` or `others`. */
  remote: z.string(),
  count: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
})
export type RefusedRow = z.infer<typeof refusedRow>
