import { LINE_END, oneLine, printable, ZERO_WIDTH_SPACE } from './ticket-text.ts'

/**
 * Text that others wrote, as GitHub's Markdown (GFM). GitHub looks for mentions, references and addresses in the rendered
 * text, where no backslash or entity is left: those are split by a zero-width space, addresses by a backslash.
 */

/** Not behind a letter or digit: `user@example.com` mentions nobody. */
const MENTION = /(?<![A-Za-z0-9])@/g
const ISSUE_NUMBER = /#(?=\d)/g
const ISSUE_WORD = /(?<![A-Za-z0-9])(GH)-(?=\d)/gi

/** On one line: nothing in it is markup. */
export function markdownLine(text: string): string {
  return inline(oneLine(text))
}

/** Line by line, without indent: nothing in it is markup, and no line begins a block. */
export function markdownText(text: string): string {
  return printable(text)
    .split(LINE_END)
    .map((line) => plainStart(inline(line.trimStart())))
    .join('\n')
}

/** A value as code inside a table's cell. What a code span in a cell cannot hold is written in entities. */
export function markdownCodeCell(text: string): string {
  const value = printable(text)
  if (!/[`|]/.test(value) && !LINE_END.test(value)) return `\`${value}\``
  const lines = value.split(LINE_END).map((line) => line.replace(/[!-/:-@[-`{-~]/g, entity))
  return `<code>${lines.join('<br>')}</code>`
}

/** A block of code that nothing inside can end. */
export function markdownFence(language: string, content: string): string {
  const longest = Math.max(0, ...(content.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${language}\n${printable(content)}\n${fence}`
}

/**
 * Text that is meant to be Markdown, of a policy or a model: it stays so, but mentions nobody, refers to nothing, loads
 * no images, holds no HTML and ends the code block that it leaves open.
 */
export function quietMarkdown(text: string): string {
  const quiet = printable(text)
    .replace(/<(?=[A-Za-z/!?])/g, `<${ZERO_WIDTH_SPACE}`)
    // What is left is a link: nothing is loaded by looking at it.
    .replace(/!(?=\[)/g, `!${ZERO_WIDTH_SPACE}`)
    // `&#64;` is an `@` before GitHub looks for mentions.
    .replace(/&(?=#|commat;|num;)/g, `&${ZERO_WIDTH_SPACE}`)
  const split = splitReferences(quiet)
  const fence = openFence(split)
  return fence === null ? split : `${split}\n${fence}`
}

/** A link. An address that is none, or of a kind that a browser would run, is shown instead. */
export function markdownLink(title: string, address: string): string {
  const url = URL.parse(address)
  if (url === null || !/^(https?|mailto):$/.test(url.protocol))
    return `${markdownLine(title)}: ${markdownLine(address)}`
  const target = oneLine(address).replace(/[\s()<>[\]\\|`"*_]/g, percent)
  return `[${markdownLine(title)}](${target})`
}

function inline(text: string): string {
  const plain = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*[\]~]/g, String.raw`\$&`)
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, String.raw`\_`)
    .replace(/#/g, String.raw`\#`)
    .replace(/:(?=\/\/)/g, ':\\')
    .replace(/\b(www)\./gi, String.raw`$1\.`)
  return splitReferences(plain).replaceAll('|', '&#124;').replaceAll('$', '<span>$</span>')
}

function splitReferences(text: string): string {
  return text
    .replace(MENTION, `@${ZERO_WIDTH_SPACE}`)
    .replace(ISSUE_NUMBER, `#${ZERO_WIDTH_SPACE}`)
    .replace(ISSUE_WORD, `$1-${ZERO_WIDTH_SPACE}`)
}

/** Lists, underlines of headings and rules; all other marks are escaped wherever they stand. */
function plainStart(line: string): string {
  return line.replace(/^[-+=]/, String.raw`\$&`).replace(/^(\d+)([.)])/, String.raw`$1\$2`)
}

/** The fence that the text opens at its top level and does not close. */
function openFence(text: string): string | null {
  let open: string | null = null
  for (const line of text.split('\n')) {
    const [, fence = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (fence === '') continue
    if (open === null) open = fence.startsWith('`') && rest.includes('`') ? null : fence
    else if (fence.startsWith(open) && rest.trim() === '') open = null
  }
  return open
}

function entity(char: string): string {
  return `&#${char.charCodeAt(0)};`
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
