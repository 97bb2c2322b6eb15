import { z } from 'zod'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** The path of the fake's webhook, shaped like a real one. */
export const SLACK_WEBHOOK_PATH = '/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX'

/** All blocks of a message together; Slack has a limit of about this, and documents none. */
const MAX_MESSAGE_TEXT = 12_000

/** Limits of Slack's Block Kit. */
const text = (max: number) => z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max) })
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('divider') }),
  z
    .strictObject({
      type: z.literal('section'),
      text: text(3000).optional(),
      fields: z.array(text(2000)).min(1).max(10).optional(),
    })
    .refine((section) => section.text !== undefined || section.fields !== undefined, 'a section has text or fields'),
])

export const slackMessage = z.strictObject({
  channel: z.string().min(1),
  text: z.string().min(1).max(40_000),
  attachments: z.array(z.strictObject({ color: z.string(), blocks: z.array(block).min(1).max(50) })).length(1),
  replace_original: z.literal(false),
  delete_original: z.literal(false),
})
export type SlackMessage = z.infer<typeof slackMessage>

/** An incoming webhook at `url + SLACK_WEBHOOK_PATH`. Refuses what Slack refuses, and every field that it does not know. */
export async function startFakeSlack(): Promise<FakeRemote> {
  return FakeRemote.start({ service: answer })
}

/** The message of one request, checked. */
export function messageOf(call: Received | undefined): SlackMessage {
  return slackMessage.parse(JSON.parse(call?.body ?? 'null'))
}

/** All mrkdwn of a message, in order. */
export function textsOf(message: SlackMessage): string[] {
  return message.attachments.flatMap(({ blocks }) =>
    blocks.flatMap((item) => {
      if (item.type === 'divider') return []
      return [item.text, ...(item.fields ?? [])].flatMap((part) => (part === undefined ? [] : [part.text]))
    }),
  )
}

function answer(call: Received): Reply {
  const plain = (status: number, body: string): Reply => ({ status, headers: { 'content-type': 'text/html' }, body })
  if (call.method !== 'POST' || call.path !== SLACK_WEBHOOK_PATH) return plain(404, 'no_service')
  if (call.headers['content-type'] !== 'application/json') return plain(400, 'invalid_payload')
  const message = slackMessage.safeParse(parse(call.body))
  if (!message.success) return plain(400, `invalid_payload ${z.prettifyError(message.error)}`)
  const length = textsOf(message.data).reduce((sum, part) => sum + part.length, 0)
  return length > MAX_MESSAGE_TEXT ? plain(400, 'msg_blocks_too_long') : plain(200, 'ok')
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
