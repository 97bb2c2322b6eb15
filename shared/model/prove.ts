import { z } from 'zod'

/** What a scenario came to. *Not applicable* is no pass: it was not tried, and says why. */
export const proveVerdict = z.enum(['pass', 'violation', 'not_applicable'])
export type ProveVerdict = z.infer<typeof proveVerdict>

/** One fault scenario of one action. */
export const provenScenario = z.object({
  id: z.string(),
  /** What goes wrong, in words. */
  title: z.string(),
  verdict: proveVerdict,
  /** What is violated, or why it does not apply; empty for a pass. */
  why: z.array(z.string()),
  /** What the desk did, in order. */
  desk: z.array(z.string()),
  /** What the stand-in counted: requests, and the changes that it carried out; null where nothing was tried. */
  remote: z.object({ requests: z.number().int(), changes: z.array(z.string()) }).nullable(),
})
export type ProvenScenario = z.infer<typeof provenScenario>

/** One action with all its scenarios. */
export const provenAction = z.object({
  uses: z.string(),
  /** The policies proposed it for a sample event, or nobody did and the proposal was made up. */
  origin: z.enum(['policy', 'made_up']),
  /** Which event led to it, in words. */
  proposedBy: z.string(),
  /** What the service is replaced by; null where there is no stand-in. */
  standIn: z.string().nullable(),
  scenarios: z.array(provenScenario),
})
export type ProvenAction = z.infer<typeof provenAction>

export const proveReport = z.object({
  version: z.string(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  durationMs: z.number(),
  policyDir: z.string(),
  /** SHA-256 of the policy version. */
  policyVersion: z.string(),
  counts: z.object({ pass: z.number(), violation: z.number(), not_applicable: z.number() }),
  actions: z.array(provenAction),
  /** What could not be used, such as a sample event that no policy takes. */
  notes: z.array(z.string()),
  /** Sockets that this thread opened and names that it looked up during the run: any is a violation. */
  egress: z.array(z.string()),
})
export type ProveReport = z.infer<typeof proveReport>

/** How far the desk's own run is. The last report stays until the next run, or the end of the engine. */
export const proveRun = z.discriminatedUnion('state', [
  z.object({ state: z.literal('idle') }),
  z.object({ state: z.literal('running'), done: z.number().int(), of: z.number().int(), uses: z.string() }),
  z.object({ state: z.literal('done'), report: proveReport }),
  z.object({ state: z.literal('cancelled') }),
  z.object({ state: z.literal('failed'), message: z.string() }),
])
export type ProveRun = z.infer<typeof proveRun>
