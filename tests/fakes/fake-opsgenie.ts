import { z } from 'zod'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const OPSGENIE_KEY = '01234567-89ab-4cde-8fab-0123456789ab'
export const OPSGENIE_PATH = '/v2/alerts'

const identified = z
  .strictObject({
    type: z.enum(['team', 'user', 'escalation', 'schedule']),
    id: z.string().min(1).optional(),
    name: z.string().min(1).optional(),
    username: z.string().min(1).optional(),
  })
  .refine(({ id, name, username }) => id ?? name ?? username, 'id, name or username is needed')

/** The published model of "Create Alert", with its limits. */
const alertSchema = z.strictObject({
  message: z.string('Message can not be empty.').min(1, 'Message can not be empty.').max(130),
  alias: z.string().max(512).optional(),
  description: z.string().max(15_000).optional(),
  responders: z.array(identified).max(50).optional(),
  visibleTo: z.array(identified).max(50).optional(),
  actions: z.array(z.string().max(50)).max(10).optional(),
  tags: z.array(z.string().max(50)).max(20).optional(),
  details: z
    .record(z.string(), z.string())
    .refine(
      (details) => JSON.stringify(Object.entries(details).flat().join('')).length <= 8000,
      'more than 8000 characters',
    )
    .optional(),
  entity: z.string().max(512).optional(),
  source: z.string().max(100).optional(),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).optional(),
  user: z.string().max(100).optional(),
  note: z.string().max(25_000).optional(),
})
export type OpsgenieAlert = z.infer<typeof alertSchema>

/** How often each open alert was sent, by alias. */
export type OpsgenieCounts = Map<string, number>

/** Opsgenie's Alert API; `OPSGENIE_BASE_URL` is its `url`. @param counts filled with what became of the requests */
export async function startFakeOpsgenie(counts: OpsgenieCounts = new Map()): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, counts) })
}

/** The alert of one request, checked. */
export function opsgenieAlertOf(call: Received | undefined): OpsgenieAlert {
  return alertSchema.parse(JSON.parse(call?.body ?? 'null'))
}

function answer(call: Received, counts: OpsgenieCounts): Reply {
  if (call.path !== OPSGENIE_PATH) return json(404, { message: 'No service found to handle this path' })
  if (call.method !== 'POST') return json(405, { message: 'Method Not Allowed' })
  const { authorization = '' } = call.headers
  if (!authorization.startsWith('GenieKey ')) return json(401, { message: 'API Key is missing' })
  if (authorization !== `GenieKey ${OPSGENIE_KEY}`)
    return json(403, { message: `Key [${authorization.slice(9)}] is not valid` })
  if (call.headers['content-type'] !== 'application/json')
    return json(415, { message: 'Content type is not supported' })
  const alert = alertSchema.safeParse(parse(call.body))
  if (!alert.success) {
    const errors = Object.fromEntries(alert.error.issues.map(({ path, message }) => [path.join('.'), message]))
    return json(422, { message: 'Request body is not processable. Please check the errors.', errors })
  }
  const { alias = `unnamed-${counts.size}` } = alert.data
  counts.set(alias, (counts.get(alias) ?? 0) + 1)
  return json(202, { result: 'Request will be processed' })
}

function json(status: number, body: object): Reply {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-ratelimit-state': status === 429 ? 'THROTTLED' : 'OK',
    'x-ratelimit-reason': 'ACCOUNT',
    'x-ratelimit-period-in-sec': '60',
  }
  const text = JSON.stringify({ ...body, took: 0.107, requestId: '43a29c5c-3dbf-4fa4-9c26-f4f71023e120' })
  return { status, headers, body: text }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
