import { z } from 'zod'
import { errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { HttpPort } from '../http/http-port.ts'
import type { HttpFailure } from '../http/http-failure.ts'
import { defineAction, UnknownOutcome, type Action, type RunContext } from './action-definition.ts'
import { excerpt } from './alert-text.ts'
import { statusFailure } from './http-answer.ts'
import { isRepeatSafe, repeat } from './repeat.ts'
import { slackMessages, textsIn, type SlackBlock } from './slack-blocks.ts'
import { policyText, shortText } from './slack-text.ts'

const DEFAULT_TEXT = 'Notification from AlertChain'
const DEFAULT_COLOR = '#2EB67D'
const CONTINUED = '…'

/** Ten messages, one a second, and the tries of one of them. */
const TIMEOUT_MS = 60_000

const RETRY_DELAYS_MS = [1000, 5000]

/** Further messages are tried as the registry tries the first one. */
const FURTHER = {
  delaysMs: RETRY_DELAYS_MS,
  isSafe: (error: unknown): error is HttpFailure => isRepeatSafe(error, false),
}

/** A webhook takes about one message a second ("Rate limits"). */
const PAUSE_MS = 1000

/** Slack cuts a message's text here. */
const MAX_TEXT = 40_000

const argsSchema = z.strictObject({
  secret_url: z.string().min(1).describe('Address of the incoming webhook'),
  channel: z.string().min(1).describe('Channel to post in'),
  text: z.string().optional().describe('Shown in the notification; Notification from AlertChain unless told'),
  body: z
    .string()
    .optional()
    .describe("Message in Slack's mrkdwn, instead of title and description; empty leaves it out"),
  mention: z
    .array(z.string().regex(/^(here|channel|everyone|[SUW][A-Z0-9]{5,20})$/, 'is nobody to mention'))
    .optional()
    .describe('Who is mentioned: here, channel, everyone, IDs of users (U…, W…) and groups (S…); before text'),
  color: z.string().optional().describe('Colour of the bar, #RRGGBB; #2EB67D unless told'),
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
    retryDelaysMs: RETRY_DELAYS_MS,
    undo: null,
    noProbe: 'A webhook takes messages and tells of none.',
    effect: () => 'notify',
    title: ({ channel }) => `Post to ${channel} in Slack`,
    target: ({ channel }) => channel,
    effectSentence: ({ channel }) => `A message appears in ${channel}. It cannot be taken back from here.`,
    isIdempotent: () => false,
    async plan(args, { alert }) {
      return { rows: planRows(args, alert), bound: null }
    },
    async run(args, context) {
      const [first, ...further] = messagesOf(args, context.subject.alert)
      if (first !== undefined) await post(http, args.secret_url, first, context)
      for (const [index, message] of further.entries()) {
        try {
          await context.wait(PAUSE_MS)
          await repeat(() => post(http, args.secret_url, message, context), FURTHER, context)
        } catch (error) {
          // What is in the channel already must not be posted again.
          throw new UnknownOutcome(
            'slack_partial',
            `${index + 1} of ${further.length + 1} messages are in ${args.channel}, then: ${errorMessage(error)}`,
          )
        }
      }
      return null
    },
  })
}

interface SlackMessage {
  channel: string
  text: string
  attachments: { color: string; blocks: SlackBlock[] }[]
  replace_original: false
  delete_original: false
}

function messagesOf(args: Args, alert: JsonObject): SlackMessage[] {
  const text = shortText(textOf(args), MAX_TEXT)
  const messages = slackMessages(alert, args.body)
  return messages.map((blocks, index) => ({
    channel: args.channel,
    text: index === 0 ? text : `${CONTINUED} (${index + 1}/${messages.length})`,
    attachments: [{ color: args.color || DEFAULT_COLOR, blocks }],
    replace_original: false,
    delete_original: false,
  }))
}

function textOf({ text, mention = [] }: Args): string {
  return [...mention.map(mentionOf), policyText(text || DEFAULT_TEXT)].join(' ')
}

/** As Slack marks them up: everybody here or in the channel, a group of users, one user. */
function mentionOf(name: string): string {
  if (/^[a-z]/.test(name)) return `<!${name}>`
  return name.startsWith('S') ? `<!subteam^${name}>` : `<@${name}>`
}

async function post(http: HttpPort, url: string, message: SlackMessage, context: RunContext): Promise<void> {
  const answer = await http.send({
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(message),
    timeoutMs: context.remainingMs(),
    signal: context.signal,
    secrets: context.secrets,
  })
  if (answer.status >= 300) throw statusFailure('Slack', answer)
}

function planRows(args: Args, alert: JsonObject): { key: string; value: string }[] {
  const messages = slackMessages(alert, args.body)
  const count = messages.length === 1 ? [] : [{ key: 'Messages', value: String(messages.length) }]
  return [
    { key: 'Channel', value: args.channel },
    { key: 'Text', value: textOf(args) },
    ...count,
    { key: 'Message', value: excerpt(textsIn(messages.flat()).join('\n')) },
  ]
}
