import unhomoglyph from 'unhomoglyph'
import { codePoints, type TextPart } from './text-part.ts'

/** A name within a text: what stands between spaces and ASCII punctuation. */
const NAME = /[^\s!-/:-@[-`{-~]+/gu
const ASCII_LETTER = /[A-Za-z]/
const NOT_ASCII = /[^\0-\x7f]/u
const LETTER = /[\p{L}\p{Nl}]/u
/** Scripts whose letters are taken for Latin ones. */
const ALIKE_SCRIPTS =
  /[\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Armenian}\p{sc=Cherokee}\p{sc=Coptic}\p{sc=Lisu}\p{sc=Georgian}]/u
/** Typography that everybody writes and that stands for itself. */
const TYPOGRAPHY = /^[‘’“”„‹›«»…·•—№]$/u
/** The same between numbers or spaces: `10–20`. */
const RANGE_DASH = /(?<=[\d\s])–(?=[\d\s])/gu
const FULL_WIDTH = /^[\uff01-\uff5e\ufb00-\ufb06]$/u
/** What joins a name to those beside it in a path, an address or a file's name. */
const JOINS_BEFORE = /[/\\@:._~-]$/
const JOINS_AFTER = /^(?:[/\\@:_~-]|\.\S)/

/**
 * The ASCII that a character looks like, by the table of UTS 39 (confusables) and for full-width forms and ligatures by NFKC.
 * @returns null for ASCII itself, for what looks like nothing in ASCII, and for usual typography
 */
function asciiOf(character: string): string | null {
  if (!NOT_ASCII.test(character) || TYPOGRAPHY.test(character)) return null
  const [plain, compatible] = [unhomoglyph(character), character.normalize('NFKC')]
  if (FULL_WIDTH.test(character)) return compatible
  if (plain === character || NOT_ASCII.test(plain)) return null
  if (plain.length === 1) return plain
  // `æ` is in the table as `ae`, and nobody takes one for the other; `Ⅷ` and `‥` are several letters of ASCII.
  return NOT_ASCII.test(compatible) ? null : compatible
}

/** A text with the ASCII that each of its characters looks like, where it looks like any: what a hurried reader sees. */
export function plainReading(text: string): string {
  return NOT_ASCII.test(text) ? Array.from(text, (character) => asciiOf(character) ?? character).join('') : text
}

/**
 * Finds the names in a text that read as ASCII and are none: a letter of another script or form within an ASCII name, letters
 * of Latin and of a script that looks like it in one name, and a name all of whose letters look like ASCII, in a path or
 * in a text that shows its script nowhere else. (A Russian sentence is not marked.)
 * @returns splits a piece of that text into itself and what those names look like
 */
export function lookAlikes(text: string): (piece: string) => TextPart[] {
  if (!NOT_ASCII.test(text)) return (piece) => [{ text: piece, mark: null }]
  const showsScript = Array.from(text).some(
    (character) => NOT_ASCII.test(character) && LETTER.test(character) && asciiOf(character) === null,
  )
  return (piece) => partsOf(piece, showsScript)
}

function partsOf(piece: string, showsScript: boolean): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const { 0: name, index } of piece.matchAll(NAME)) {
    const end = index + name.length
    const isJoined = JOINS_BEFORE.test(piece.slice(0, index)) || JOINS_AFTER.test(piece.slice(end, end + 2))
    const reading = readingOf(name, isJoined || !showsScript, isJoined)
    if (reading === null) continue
    parts.push({ text: piece.slice(from, end), mark: null })
    parts.push({ text: reading.words, mark: reading.mark })
    from = end
  }
  if (from < piece.length) parts.push({ text: piece.slice(from), mark: null })
  return parts
}

/** @param standsAlone whether its letters must speak for themselves: no other one says which script they are of */
function readingOf(name: string, standsAlone: boolean, isJoined: boolean): { words: string; mark: string } | null {
  const characters = Array.from(name.replaceAll(RANGE_DASH, '-'))
  const alike = characters.filter((character) => asciiOf(character) !== null)
  const isMixed = ASCII_LETTER.test(name) && ALIKE_SCRIPTS.test(name)
  if (alike.length === 0) return isMixed ? { words: '[mixed scripts]', mark: 'Latin and another script' } : null
  const isWhole = characters.every((character) => asciiOf(character) !== null || !LETTER.test(character))
  const isWhollyAlike = isWhole && standsAlone && (isJoined || alike.some((character) => LETTER.test(character)))
  if (!/[A-Za-z0-9]/.test(name) && !isWhollyAlike) return null
  const plain = characters.map((character) => asciiOf(character) ?? character).join('')
  const mark = [...new Set(alike)]
    .map((character) => `${codePoints(character)} is not ${asciiOf(character)}`)
    .join(', ')
  return { words: `[looks like ${plain}]`, mark }
}
