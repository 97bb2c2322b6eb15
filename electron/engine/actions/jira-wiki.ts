import { LINE_END, oneLine, printable, ZERO_WIDTH_SPACE } from './ticket-text.ts'

/**
 * Text that others wrote, in Jira's wiki markup, as both of its readers take it: the renderer of Data Center and the
 * converter of Cloud. Both know backslashes, but not behind another backslash, and Cloud knows none for `|` in a table.
 */

/** What a backslash makes plain wherever it stands. */
const MARKS = /[{}[\]!*^~]/g
/** These are markup only at the start of a word. */
const WORD_MARKS = /(?<![A-Za-z0-9])[_+@-]|_(?![A-Za-z0-9])|\?(?=\?)/g

/** `{{code}}` holds `{code}`, which both readers take for the macro of that name. */
const MACRO = /^(adf|anchor|attachments|code|color|html|include|junitreport|loremipsum|noformat|panel|quote)/i

export function wikiLine(text: string): string {
  return inline(oneLine(text)).replaceAll('|', String.raw`\|`)
}

/** Line by line: nothing in it is markup, and no line begins a block. */
export function wikiText(text: string): string {
  return printable(text)
    .split(LINE_END)
    .map((line) => plainStart(inline(line.trimStart()).replaceAll('|', String.raw`\|`)))
    .join('\n')
}

/** One line inside a table's cell. */
export function wikiCell(text: string): string {
  return cell(oneLine(text))
}

/** A value as code inside a table's cell; line by line where it has several. */
export function wikiCodeCell(text: string): string {
  const lines = printable(text).split(LINE_END)
  return lines.map((line) => `{{${MACRO.test(line) ? ZERO_WIDTH_SPACE : ''}${cell(line)}}}`).join(String.raw` \\ `)
}

/**
 * Text that is meant to be markup, of a policy or a model: it stays so, but mentions nobody, loads no images and holds no
 * macros.
 */
export function quietWiki(text: string): string {
  return splitBackslashes(printable(text)).replace(/[{}!]|\[(?=\s*~)/g, String.raw`\$&`)
}

/** A link. A title or an address that a link cannot hold is shown instead. */
export function wikiLink(title: string, address: string): string {
  const url = URL.parse(address)
  const isLink = url !== null && /^(https?|mailto):$/.test(url.protocol)
  const name = oneLine(title)
  if (!isLink || name === '' || inline(name) !== name || name.includes('|'))
    return `${wikiLine(title)}: ${wikiLine(address)}`
  return `[${name}|${oneLine(address).replace(/[\s|[\]{}\\^"<>!]/g, percent)}]`
}

function inline(text: string): string {
  return splitBackslashes(text)
    .replace(MARKS, String.raw`\$&`)
    .replace(WORD_MARKS, String.raw`\$&`)
}

/** Two backslashes are a line break, and one before an escaped mark would take the escape away. */
function splitBackslashes(text: string): string {
  return text.replace(/\\(?![A-Za-z0-9 ])/g, `\\${ZERO_WIDTH_SPACE}`)
}

/** A bar has no escape in Cloud's tables, and a bracket without its partner would be read on into the next cell. */
function cell(text: string): string {
  return inline(text)
    .replaceAll('|', '&#124;')
    .replace(/\\\[(?![^\]]*\])/g, '&#91;')
}

/** Headings, quotations, lists, tables; the other marks are escaped wherever they stand. */
function plainStart(line: string): string {
  return line.replace(/^(?=h[1-6]\.|bq\.)/i, ZERO_WIDTH_SPACE).replace(/^#/, String.raw`\#`)
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
