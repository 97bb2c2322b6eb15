import { z } from 'zod'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { HttpPort } from '../http-port.ts'
import { defineAction, type Action } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import { statusFailure } from './http-answer.ts'
import { policyText, slackBlocks } from './slack-blocks.ts'

const DEFAULT_TEXT = 'Notification from AlertChain'
const DEFAULT_COLOR = '#2EB67D'
const TIMEOUT_MS = 30_000

const argsSchema = z.strictObject({
  secret_url: z.string().min(1).describe('Address of the incoming webhook'),
  channel: z.string().min(1).describe('Channel to post in'),
  text: z.string().optional().describe('Shown in the notification'),
  body: z
    .string()
    .optional()
    .describe("Message in Slack's mrkdwn, instead of title and description; empty leaves it out"),
  color: z.string().optional().describe('Colour of the bar, #RRGGBB'),
})
type Args = z.infer<typeof argsSchema>

/** Posts the alert to a Slack channel by an incoming webhook. */
export function slackPost(http: HttpPort): Action {
  return defineAction<Args>({
    uses: 'slack.post',
    args: argsSchema,
    secretArgs: ['secret_url'],
    lockedArgs: [],
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: [1000, 5000],
    undo: null,
    effect: () => 'notify',
    title: ({ channel }) => `Post to ${channel} in Slack`,
    target: ({ channel }) => channel,
    effectSentence: ({ channel }) => `A message appears in ${channel}. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args, { alert }) {
      return { rows: planRows(args, alert), bound: null }
    },
    async run(args, context) {
      const answer = await http.send({
        method: 'POST',
        url: args.secret_url,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(messageOf(args, context.subject.alert)),
        timeoutMs: context.remainingMs(),
        signal: context.signal,
        secrets: context.secrets,
      })
      if (answer.status >= 300) throw statusFailure('Slack', answer)
      return null
    },
  })
}

function messageOf(args: Args, alert: JsonObject): object {
  return {
    channel: args.channel,
    text: policyText(args.text || DEFAULT_TEXT),
    attachments: [{ color: args.color || DEFAULT_COLOR, blocks: slackBlocks(alert, args.body) }],
    replace_original: false,
    delete_original: false,
  }
}

function planRows(args: Args, alert: JsonObject): { key: string; value: string }[] {
  const texts = slackBlocks(alert, args.body).flatMap((block) => {
    if (block.type === 'divider') return []
    return [block.text, ...(block.fields ?? [])].flatMap((text) => (text === undefined ? [] : [text.text]))
  })
  return [
    { key: 'Channel', value: args.channel },
    { key: 'Text', value: args.text || DEFAULT_TEXT },
    { key: 'Message', value: excerpt(texts.join('\n')) },
  ]
}
