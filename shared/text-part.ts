/** A piece of text: either as it is, or a mark that stands for something that nobody would see. */
export interface TextPart {
  text: string
  /** What the mark stands for, e.g. `U+202E`; null for plain text */
  mark: string | null
}

/** The code points of a text: `U+0065 U+0301`. */
export function codePoints(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  }).join(' ')
}
