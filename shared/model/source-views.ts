import { z } from 'zod'

/** In whose form a source asks, before its first event, whether this receiver wants it. */
export const handshakeKind = z.enum(['okta', 'graph', 'event_grid', 'cloudevents', 'slack'])
export type HandshakeKind = z.infer<typeof handshakeKind>

export const sourceRow = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  events: z.number(),
  /** null: such a question is refused like any other request */
  handshake: handshakeKind.nullable(),
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
