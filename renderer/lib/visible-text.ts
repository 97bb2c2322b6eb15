/** A piece of text: either as it is, or a mark that stands for a character nobody would see. */
export interface TextPart {
  text: string
  /** What the mark stands for, e.g. `U+202E`; null for plain text */
  mark: string | null
}

// Controls (but tab and newline), every format character (bidi overrides, zero-width, soft hyphen, tags), line and
// paragraph separators, lone surrogates, Hangul fillers and Braille blank: what can hide or reorder text.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0\u2800]/gu
const LINE = /[\n\t]/g

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function show(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // Unicode has pictures of the C0 controls.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return `[${codeOf(character)}]`
}

/**
 * Splits hostile text so that nothing in it is hidden or reorders what stands beside it. The pieces are rendered as text
 * nodes; nothing here makes markup.
 * @param isMultiline keeps line breaks and tabs as they are, for blocks of preformatted text
 */
export function visibleParts(value: string, isMultiline = false): TextPart[] {
  const text = isMultiline ? value : value.replace(LINE, (character) => show(character))
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), mark: null })
    parts.push({ text: show(match[0]), mark: codeOf(match[0]) })
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ text: text.slice(from), mark: null })
  return parts
}

/** The same as one string, for accessible names, titles and lines of code. */
export function visibleText(value: string, maxLength = 300, isMultiline = false): string {
  const parts = visibleParts(value.slice(0, maxLength), isMultiline)
  const text = parts.map((part) => part.text).join('')
  return value.length > maxLength ? `${text}…` : text
}
