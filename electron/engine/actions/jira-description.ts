import type { JsonObject } from '../../../shared/model/json.ts'
import { alertField, alertReferences } from './alert-text.ts'
import { quietWiki, wikiCell, wikiCodeCell, wikiLine, wikiLink, wikiText } from './jira-wiki.ts'
import { fill, fit, goTime, longTitle, ticketAttributes } from './ticket-text.ts'

/** Jira's limits, in characters: 255 for a summary, 32,767 for a text field. */
export const MAX_SUMMARY = 255

/** What each part may take of the description; together they stay below the limit. */
const LINE_ROOM = 500
const TITLE_ROOM = 1500
const DESCRIPTION_ROOM = 10_000
const TABLE_ROOM = 9000
const CELL_ROOM = 3000
const COMMENTS_ROOM = 7000
const REFERENCES_ROOM = 2000

/** The description of AlertChain's issues (`behaviour/alertchain.md` §5, `golden/actions.txt`), with everything from the alert escaped. */
export function jiraDescription(alert: JsonObject): string {
  const { rows, comments } = ticketAttributes(alert)
  return [head(alert), description(alert), table(rows), commentSection(comments), references(alert)].join('')
}

function head(alert: JsonObject): string {
  const title = longTitle(alert, MAX_SUMMARY)
  const bullets = [
    ...(title === null ? [] : [`- Title: ${fit(title, TITLE_ROOM, wikiLine)}`]),
    `- ID: ${wikiLine(alertField(alert, 'id'))}`,
    `- Created At: ${goTime(alertField(alert, 'created_at'))}`,
    `- Schema: ${wikiLine(alertField(alert, 'schema'))}`,
    `- Detected by: ${fit(alertField(alert, 'source'), LINE_ROOM, wikiLine)}`,
  ]
  return `\n${bullets.join('\n')}\n`
}

function description(alert: JsonObject): string {
  return `\nh2. Description\n\n${fit(alertField(alert, 'description'), DESCRIPTION_ROOM, wikiText)}\n`
}

function table(rows: { key: string; value: string; type: string }[]): string {
  const lines = rows.map(({ key, value, type }) => {
    const cells = [fit(key, LINE_ROOM, wikiCell), fit(value, CELL_ROOM, wikiCodeCell), fit(type, LINE_ROOM, wikiCell)]
    return ` | ${cells.join(' | ')} |\n`
  })
  const shown = fill(lines, TABLE_ROOM, (count) => ` | further attributes | {{${count}}} |  |\n`)
  return `\nh2. Attributes\n\n|| Name || Value || Type ||\n${shown.join('')}`
}

function commentSection(comments: { key: string; text: string }[]): string {
  if (comments.length === 0) return '\n'
  const parts = comments.map(({ key, text }) => {
    const shown = fit(text, COMMENTS_ROOM / 2, quietWiki)
    return `\n\nh2. ${fit(key, LINE_ROOM, wikiLine)}\n\n${shown}\n`
  })
  const shown = fill(parts, COMMENTS_ROOM, (count) => `\n\n… (${count} more comments)\n`)
  return `\n\n\nh2. Comments\n${shown.join('')}\n\n\n`
}

function references(alert: JsonObject): string {
  const links = alertReferences(alert).map(
    ({ title, url }) => `- ${fit(title, LINE_ROOM, (shown) => wikiLink(shown, url))}\n`,
  )
  if (links.length === 0) return '\n'
  const shown = fill(links, REFERENCES_ROOM, (count) => `- … (${count} more references)\n`)
  return `\n\nh2. References\n\n\n${shown.join('')}\n\n`
}
