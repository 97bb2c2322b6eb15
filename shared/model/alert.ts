import { z } from 'zod'
import { jsonValue } from './json.ts'
import { severity, triageState, verdict } from './states.ts'

/** A named value of an alert; `persist` keeps it in the alert's namespace for `ttl` seconds (0 means 86,400). */
export const attribute = z.object({
  id: z.string(),
  key: z.string(),
  value: jsonValue,
  type: z.string(),
  persist: z.boolean(),
  ttl: z.number().int(),
})
export type Attribute = z.infer<typeof attribute>

export const reference = z.object({ title: z.string(), url: z.string() })
export type Reference = z.infer<typeof reference>

/** What the alert policy made of an event. Facts only; triage state stands apart (`alert_triage`). */
export const alert = z.object({
  id: z.string(),
  schema: z.string(),
  createdAt: z.number(),
  title: z.string(),
  description: z.string(),
  source: z.string(),
  namespace: z.string(),
  severity,
  attrs: z.array(attribute),
  refs: z.array(reference),
  tags: z.array(z.string()),
  dedupKey: z.string(),
})
export type Alert = z.infer<typeof alert>

export const triage = z.object({
  state: triageState,
  verdict: verdict.nullable(),
  note: z.string(),
  at: z.number().nullable(),
})
export type Triage = z.infer<typeof triage>

/** One alert among those of its key. */
export const occurrence = z.object({
  id: z.string(),
  createdAt: z.number(),
  severity,
  triage: triageState,
  verdict: verdict.nullable(),
  waiting: z.boolean(),
})
export type Occurrence = z.infer<typeof occurrence>
