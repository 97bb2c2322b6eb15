import type { JsonObject } from '../../../shared/model/json.ts'
import { alertAttributes, alertField, alertRaw, utcTime, valueText } from './alert-text.ts'
import { disarmed, escaped, policyText, splitText } from './slack-text.ts'

/** Slack's limits (Block Kit reference): characters of a section's text and of a field, fields of a section, blocks of a message. */
const SECTION_TEXT = 3000
const FIELD_TEXT = 2000
const SECTION_FIELDS = 10
const MESSAGE_BLOCKS = 50

/** Slack refuses the text of all blocks together somewhere above this (`msg_blocks_too_long`); it does not document where. */
const MESSAGE_TEXT = 10_000

/** About 100,000 characters. What is longer is read in the app: a channel takes a message a second, and people read less. */
const MAX_MESSAGES = 10

const FENCE = '```'

interface SlackText {
  type: 'mrkdwn'
  text: string
}

export type SlackBlock = { type: 'divider' } | { type: 'section'; text?: SlackText; fields?: SlackText[] }

/**
 * The blocks of AlertChain's message (`behaviour/alertchain.md` §5): body, fields, raw event. What is too long for a section
 * goes on in the next, what is too long for a message in a further one.
 * @param body mrkdwn of the policy; undefined means title and description of the alert, an empty one no body
 * @returns the blocks of each message, at least one
 */
export function slackMessages(alert: JsonObject, body: string | undefined): SlackBlock[][] {
  const text = body === undefined ? alertBody(alert) : policyText(body)
  const bodyBlocks: SlackBlock[] = text === '' ? [] : [DIVIDER, ...splitText(text, SECTION_TEXT).map(section)]
  const messages = packed([...bodyBlocks, DIVIDER, ...fieldSections(alert), DIVIDER, ...rawSections(alert)])
  return messages.length <= MAX_MESSAGES ? messages : shortened(messages, alertField(alert, 'id'))
}

/** All texts of some blocks, in order. */
export function textsIn(blocks: readonly SlackBlock[]): string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'divider') return []
    return [block.text, ...(block.fields ?? [])].flatMap((text) => (text === undefined ? [] : [text.text]))
  })
}

const DIVIDER: SlackBlock = { type: 'divider' }

function alertBody(alert: JsonObject): string {
  return `*${escaped(alertField(alert, 'title'))}*\n${escaped(alertField(alert, 'description'))}`
}

/** Up to ten fields in a section, less of long ones; a field that is too long for one becomes sections of its own. */
function fieldSections(alert: JsonObject): SlackBlock[] {
  const fields: [string, string][] = [
    ['schema', alertField(alert, 'schema')],
    ['source', alertField(alert, 'source')],
    ['created at', utcTime(alertField(alert, 'created_at'))],
    ...alertAttributes(alert).map(({ key, value }): [string, string] => [key, valueText(value)]),
  ]
  const sections: SlackBlock[] = []
  let short: SlackText[] = []
  for (const [key, value] of fields) {
    const text = `*${escaped(key)}*: ${escaped(value)}`
    if (text.length > FIELD_TEXT) {
      sections.push(...splitText(text, SECTION_TEXT).map(section))
      short = []
      continue
    }
    if (
      short.length === 0 ||
      short.length === SECTION_FIELDS ||
      lengthOf([{ type: 'section', fields: short }]) > SECTION_TEXT
    ) {
      short = []
      sections.push({ type: 'section', fields: short })
    }
    short.push(mrkdwn(text))
  }
  return sections
}

function rawSections(alert: JsonObject): SlackBlock[] {
  // A fence inside the event would end ours.
  const raw = escaped(alertRaw(alert)).replaceAll(FENCE, '`\u200b`\u200b`')
  return splitText(raw, SECTION_TEXT - 2 * FENCE.length).map((part) => section(FENCE + part + FENCE))
}

function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(text) }
}

function mrkdwn(text: string): SlackText {
  return { type: 'mrkdwn', text }
}

/** Fills one message after the other; none ends with a divider. */
function packed(blocks: readonly SlackBlock[]): SlackBlock[][] {
  const messages: SlackBlock[][] = [[]]
  let length = 0
  for (const block of blocks) {
    const message = messages.at(-1) ?? []
    const size = lengthOf([block])
    if (message.length === MESSAGE_BLOCKS || length + size > MESSAGE_TEXT) {
      const isDividerLast = message.at(-1)?.type === 'divider'
      messages.push(isDividerLast ? message.splice(-1) : [])
      length = 0
    }
    messages.at(-1)?.push(block)
    length += size
  }
  return messages
}

function lengthOf(blocks: readonly SlackBlock[]): number {
  return textsIn(blocks).reduce((sum, text) => sum + text.length, 0)
}

function shortened(messages: SlackBlock[][], alertId: string): SlackBlock[][] {
  const kept = messages.slice(0, MAX_MESSAGES)
  const last = kept.at(-1) ?? []
  const left = [...last.splice(-1), ...messages.slice(MAX_MESSAGES).flat()]
  last.push(section(`_${lengthOf(left)} more characters are not shown: see the alert ${disarmed(alertId)} in Tocsin._`))
  return kept
}
