import type { JsonObject } from '../../../shared/model/json.ts'
import { alertField, alertRaw, alertReferences } from './alert-text.ts'
import {
  markdownCodeCell,
  markdownFence,
  markdownLine,
  markdownLink,
  markdownText,
  quietMarkdown,
} from './github-markdown.ts'
import { fill, fit, goTime, longTitle, ticketAttributes } from './ticket-text.ts'

/** GitHub's limits, in characters. */
export const MAX_TITLE = 256
export const MAX_BODY = 65_536

/** What each part may take of the body; the raw event gets what is left. */
const SOURCE_ROOM = 1000
const DESCRIPTION_ROOM = 16_000
const TABLE_ROOM = 16_000
const CELL_ROOM = 4000
const COMMENTS_ROOM = 12_000
const REFERENCES_ROOM = 4000

/** The body of AlertChain's issues (`behaviour/alertchain.md` §5, `golden/actions.txt`), with everything from the alert escaped. */
export function githubIssueBody(alert: JsonObject): string {
  const { rows, comments } = ticketAttributes(alert)
  const start = [head(alert), description(alert), table(rows), commentSection(comments), references(alert)].join('')
  return start + rawSection(alert, MAX_BODY - start.length)
}

function head(alert: JsonObject): string {
  const title = longTitle(alert, MAX_TITLE)
  const bullets = [
    ...(title === null ? [] : [`- Title: ${fit(title, CELL_ROOM, markdownLine)}`]),
    `- ID: ${markdownLine(alertField(alert, 'id'))}`,
    `- Created At: ${goTime(alertField(alert, 'created_at'))}`,
    `- Schema: ${markdownLine(alertField(alert, 'schema'))}`,
    `- Detected by: ${fit(alertField(alert, 'source'), SOURCE_ROOM, markdownLine)}`,
  ]
  return `\n${bullets.join('\n')}\n`
}

function description(alert: JsonObject): string {
  return `\n## Description\n${fit(alertField(alert, 'description'), DESCRIPTION_ROOM, markdownText)}\n`
}

function table(rows: { key: string; value: string; type: string }[]): string {
  const lines = rows.map(({ key, value, type }) => {
    const cells = [
      fit(key, CELL_ROOM, markdownLine),
      fit(value, CELL_ROOM, markdownCodeCell),
      fit(type, CELL_ROOM, markdownLine),
    ]
    return ` | ${cells.join(' | ')} |\n`
  })
  const shown = fill(lines, TABLE_ROOM, (count) => ` | further attributes | \`${count}\` |  |\n`)
  return `\n## Attributes\n\n| Name | Value | Type |\n|------|-------|------|\n${shown.join('')}`
}

function commentSection(comments: { key: string; text: string }[]): string {
  if (comments.length === 0) return '\n'
  const parts = comments.map(({ key, text }) => {
    const shown = fit(text, COMMENTS_ROOM / 2, quietMarkdown)
    return `\n\n### ${fit(key, CELL_ROOM, markdownLine)}\n\n${shown}\n`
  })
  const shown = fill(parts, COMMENTS_ROOM, (count) => `\n\n… (${count} more comments)\n`)
  return `\n\n\n## Comments\n${shown.join('')}\n\n\n`
}

function references(alert: JsonObject): string {
  const links = alertReferences(alert).map(({ title, url }) => `- ${markdownLink(title, url)}\n`)
  if (links.length === 0) return '\n'
  const shown = fill(links, REFERENCES_ROOM, (count) => `- … (${count} more references)\n`)
  return `\n\n## References\n\n\n${shown.join('')}\n\n\n`
}

function rawSection(alert: JsonObject, room: number): string {
  const before = '\n## Alert\n\n<details>\n<summary>Raw data</summary>\n\n'
  const after = '\n\n</details>\n'
  const block = fit(alertRaw(alert), room - before.length - after.length, (raw) => markdownFence('json', `\n${raw}\n`))
  return before + block + after
}
