const ZERO_WIDTH_SPACE = '\u200b'

/** Text that others wrote: `&`, `<` and `>` escaped, so that no link, mention or command is in it; `@channel` and its like broken. */
export function escaped(text: string): string {
  return disarmed(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
}

/**
 * Text of a policy: mrkdwn with its links, but without mentions (`<!channel>`, `<@U1>`, `<#C1>`, `@here`), because alert text
 * and answers of models are put into it.
 */
export function policyText(text: string): string {
  return disarmed(text.replace(/<(?=\s*[!@#])/g, '&lt;'))
}

/** Slack may read these words as mentions in text that is not marked up. */
export function disarmed(text: string): string {
  return text.replace(/@(?=(channel|here|everyone|group)\b)/gi, `@${ZERO_WIDTH_SPACE}`)
}

const ELLIPSIS = '...'

/**
 * Cuts text into parts of at most `size` characters, at a line's end where there is one, never inside an entity or a
 * surrogate pair. All parts together are the text.
 * @returns at least one part
 */
export function splitText(text: string, size: number): string[] {
  const parts: string[] = []
  let rest = text
  while (rest.length > size) {
    const end = cutAt(rest, size)
    parts.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  // Slack refuses an empty text.
  if (rest !== '' || parts.length === 0) parts.push(rest)
  return parts
}

/** The beginning of a text that is longer than `size`, with `...` at its end. */
export function shortText(text: string, size: number): string {
  return text.length <= size ? text : text.slice(0, cutAt(text, size - ELLIPSIS.length)) + ELLIPSIS
}

function cutAt(text: string, size: number): number {
  const line = text.lastIndexOf('\n', size - 1)
  if (line > size / 2) return line + 1
  const head = text.slice(0, size)
  // The longest entity we write is `&amp;`.
  const entity = /&[a-z]{0,3}$/.exec(head)
  if (entity !== null) return entity.index
  return /[\ud800-\udbff]$/.test(head) ? size - 1 : size
}
