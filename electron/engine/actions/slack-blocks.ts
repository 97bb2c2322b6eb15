import type { JsonObject } from '../../../shared/model/json.ts'
import { alertAttributes, alertField, alertRaw, utcTime, valueText } from './alert-text.ts'

/** Slack's limits (Block Kit reference): characters of a section's text and of a field, fields of a section. */
const SECTION_TEXT = 3000
const FIELD_TEXT = 2000
const SECTION_FIELDS = 10

/** Of at most 50 blocks: three dividers and these. */
const MAX_BODY_SECTIONS = 8
const MAX_FIELD_SECTIONS = 20
const MAX_RAW_SECTIONS = 3

const FENCE = '```'

interface SlackText {
  type: 'mrkdwn'
  text: string
}

export type SlackBlock = { type: 'divider' } | { type: 'section'; text?: SlackText; fields?: SlackText[] }

/**
 * The blocks of AlertChain's message (`behaviour/alertchain.md` §5): body, fields, raw event. What is too long for one
 * section goes on in the next.
 * @param body mrkdwn of the policy; undefined means title and description of the alert, an empty one no body
 */
export function slackBlocks(alert: JsonObject, body: string | undefined): SlackBlock[] {
  const text = body === undefined ? alertBody(alert) : policyText(body)
  const parts = splitText(text, SECTION_TEXT, MAX_BODY_SECTIONS)
  const bodyBlocks: SlackBlock[] = text === '' ? [] : [{ type: 'divider' }, ...parts.map(section)]
  return [...bodyBlocks, { type: 'divider' }, ...fieldSections(alert), { type: 'divider' }, ...rawSections(alert)]
}

/** Text that others wrote: `&`, `<` and `>` escaped, so that no link, mention or command is in it. */
export function hostileText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * Text of a policy: mrkdwn with its links, but without mentions (`<!channel>`, `<@U1>`, `<#C1>`), because alert text and
 * answers of models are put into it.
 */
export function policyText(text: string): string {
  return text.replace(/<(?=\s*[!@#])/g, '&lt;')
}

function alertBody(alert: JsonObject): string {
  return `*${hostileText(alertField(alert, 'title'))}*\n${hostileText(alertField(alert, 'description'))}`
}

function fieldSections(alert: JsonObject): SlackBlock[] {
  const fields = [
    field('schema', alertField(alert, 'schema')),
    field('source', alertField(alert, 'source')),
    field('created at', utcTime(alertField(alert, 'created_at'))),
    ...alertAttributes(alert).map(({ key, value }) => field(key, valueText(value))),
  ]
  const kept = fields.slice(0, MAX_FIELD_SECTIONS * SECTION_FIELDS)
  if (kept.length < fields.length) {
    kept[kept.length - 1] = field('further attributes', String(fields.length - kept.length + 1))
  }
  const sections: SlackBlock[] = []
  for (let start = 0; start < kept.length; start += SECTION_FIELDS) {
    sections.push({ type: 'section', fields: kept.slice(start, start + SECTION_FIELDS) })
  }
  return sections
}

function rawSections(alert: JsonObject): SlackBlock[] {
  // A fence inside the event would end ours.
  const raw = hostileText(alertRaw(alert)).replaceAll(FENCE, '`\u200b`\u200b`')
  const room = SECTION_TEXT - 2 * FENCE.length
  return splitText(raw, room, MAX_RAW_SECTIONS).map((part) => section(FENCE + part + FENCE))
}

function field(key: string, value: string): SlackText {
  const [text = ''] = splitText(`*${hostileText(key)}*: ${hostileText(value)}`, FIELD_TEXT, 1)
  return { type: 'mrkdwn', text }
}

function section(text: string): SlackBlock {
  return { type: 'section', text: { type: 'mrkdwn', text } }
}

const ELLIPSIS = '...'

/**
 * Cuts text into parts of at most `size` characters, at a line's end where there is one, never inside an entity or a
 * surrogate pair. What is more than `count` parts is left out, and the last part says so.
 */
export function splitText(text: string, size: number, count: number): string[] {
  const parts: string[] = []
  let rest = text
  while (rest.length > size && parts.length < count - 1) {
    const end = cutAt(rest, size)
    parts.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  if (rest.length <= size) parts.push(rest)
  else parts.push(rest.slice(0, cutAt(rest, size - ELLIPSIS.length)) + ELLIPSIS)
  return parts
}

function cutAt(text: string, size: number): number {
  const line = text.lastIndexOf('\n', size - 1)
  if (line > size / 2) return line + 1
  // The longest entity we write is `&amp;`.
  const entity = /&[a-z]{0,3}$/.exec(text.slice(0, size))
  if (entity !== null) return entity.index
  return /[\ud800-\udbff]$/.test(text.slice(0, size)) ? size - 1 : size
}
