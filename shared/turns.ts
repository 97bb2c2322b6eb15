import type { TextPart } from './text-part.ts'

/** Letters that are written from right to left, with the marks and digits of their scripts. */
const RIGHT_TO_LEFT = /[\u0590-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const LEFT_TO_RIGHT = /[\p{L}\p{N}]/u
const WORD = /\S+/gu

/**
 * Says where the direction of writing changes within a word: `1א` and `א1` look the same otherwise, and so do paths and
 * addresses that are made of them.
 */
export function withTurns(text: string): TextPart[] {
  if (!RIGHT_TO_LEFT.test(text)) return [{ text, mark: null }]
  const parts: TextPart[] = []
  let from = 0
  for (const { 0: word, index } of text.matchAll(WORD)) {
    let isRightToLeft: boolean | null = null
    let at = index
    for (const character of word) {
      const isIt = RIGHT_TO_LEFT.test(character)
      if (isIt || LEFT_TO_RIGHT.test(character)) {
        if (isRightToLeft !== null && isRightToLeft !== isIt) {
          const turn = isIt ? 'right to left' : 'left to right'
          parts.push({ text: text.slice(from, at), mark: null }, { text: `[${turn}]`, mark: `written from ${turn}` })
          from = at
        }
        isRightToLeft = isIt
      }
      at += character.length
    }
  }
  if (from < text.length) parts.push({ text: text.slice(from), mark: null })
  return parts
}
