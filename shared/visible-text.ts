import { lookAlikes } from './look-alike.ts'
import { codePoints, type TextPart } from './text-part.ts'
import { withTurns } from './turns.ts'

/** Most text: printable ASCII, single spaces between words. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/** Text that reads as a mark of ours, or as a picture of a control character. */
const IMITATED =
  /\[(?=U\+[0-9A-F]|looks like |mixed scripts\]|(?:\d+ )?spaces?\]|right to left\]|left to right\])|[\u2400-\u2421]/v

/**
 * What needs a look, in this order: an emoji, whose joiners and variation selectors belong to it; what is invisible (controls,
 * format characters, everything `Default_Ignorable`, unassigned and private characters, the Braille blank and other blank
 * signs, U+FFFC) or would join what stands before; spaces other than U+0020; spaces in a row; a letter with marks, or one that
 * Unicode has under another number as well; what imitates a mark. V8 takes 10 ms to read it, so it is made when a text needs it.
 */
function special(): RegExp {
  made ??= new RegExp(
    [
      String.raw`(?<emoji>\p{RGI_Emoji})`,
      String.raw`(?<hidden>[\p{Default_Ignorable_Code_Point}\p{C}\p{Zl}\p{Zp}\u2800\ufffc\u{1d159}\u{16fe4}\u{13441}\u{13442}]|(?<=^| )\p{M})`,
      String.raw`(?<space>[\p{Zs}--[ ]])`,
      String.raw`(?<spaces> {2,}|^ | $)`,
      String.raw`(?<composed>[\P{M}--[ ]][\p{M}--\p{Default_Ignorable_Code_Point}]+|[\u1100-\u11ff]{2,3}|[\u0340-\u0387\u0958-\u0fbf\u1f71-\u1ffd\u2126-\u212b\u2329\u232a\u2adc\uf900-\ufb4e\u{1d15e}-\u{1d1c0}\u{2f800}-\u{2fa1f}])`,
      `(?<imitated>${IMITATED.source})`,
    ].join('|'),
    'gv',
  )
  return made
}

let made: RegExp | undefined

/** Marks on one letter that some script needs; more of them reach over the lines around. */
const MAX_MARKS = 6

/** Of a text that is cut in its middle, the share that is kept at the end: an extension, the last of a path, a host's domain. */
const TAIL_SHARE = 0.4

/**
 * Splits hostile text so that nothing in it is hidden, reorders what stands beside it, or reads as something else. Different
 * texts give different pieces. They are rendered as text nodes; nothing here makes markup.
 * @param options.isMultiline keeps line breaks, tabs and spaces as they are, for blocks of preformatted text
 * @param options.max longer text is cut in its middle, so that its end is always there
 */
export function visibleParts(
  value: string,
  { isMultiline = false, max = Number.POSITIVE_INFINITY }: { isMultiline?: boolean; max?: number } = {},
): TextPart[] {
  if (value.length <= max) return markedParts(value, isMultiline)
  const { head, tail } = ends(value, max)
  const left = value.length - head.length - tail.length
  const cut = { text: '…', mark: `${left.toLocaleString('en-US')} characters more` }
  return [...markedParts(head, isMultiline), cut, ...markedParts(tail, isMultiline)]
}

/** The same as one string, for accessible names, titles, lines of code, tickets and notifications. */
export function visibleText(value: string, max = 300, isMultiline = false): string {
  return visibleParts(value, { isMultiline, max })
    .map((part) => part.text)
    .join('')
}

/** A text of at most `max` characters: of a longer one the beginning and the end. */
export function middleCut(value: string, max: number): string {
  if (value.length <= max) return value
  const { head, tail } = ends(value, max - 1)
  return `${head}…${tail}`
}

/** @returns the beginning and the end of a text that is longer than `max`, never half a character */
function ends(value: string, max: number): { head: string; tail: string } {
  const tailLength = Math.floor(max * TAIL_SHARE)
  const head = value.slice(0, max - tailLength)
  const tail = tailLength === 0 ? '' : value.slice(-tailLength)
  return { head: head.replace(/[\ud800-\udbff]$/, ''), tail: tail.replace(/^[\udc00-\udfff]/, '') }
}

function markedParts(value: string, isMultiline: boolean): TextPart[] {
  if (value === '') return []
  if (PLAIN.test(value) && !IMITATED.test(value)) return [{ text: value, mark: null }]
  const plainParts = lookAlikes(value)
  const parts: TextPart[] = []
  let from = 0
  const plainUpTo = (end: number): void => {
    if (end <= from) return
    for (const part of plainParts(value.slice(from, end)))
      parts.push(...(part.mark === null ? withTurns(part.text) : [part]))
  }
  for (const match of value.matchAll(special())) {
    const shown = markOf(match, isMultiline)
    if (shown === null) continue
    plainUpTo(match.index)
    parts.push(shown)
    from = match.index + match[0].length
  }
  plainUpTo(value.length)
  return parts
}

/** @returns null where the text may stay as it is */
function markOf(match: RegExpExecArray, isMultiline: boolean): TextPart | null {
  const { groups = {}, 0: text } = match
  if (groups['emoji'] !== undefined) return null
  if (groups['hidden'] !== undefined || groups['space'] !== undefined) {
    return isMultiline && (text === '\n' || text === '\t') ? null : { text: shownAs(text), mark: codePoints(text) }
  }
  if (groups['spaces'] !== undefined) {
    const words = text.length === 1 ? '[space]' : `[${text.length} spaces]`
    return isMultiline ? null : { text: words, mark: `${text.length} × U+0020` }
  }
  if (groups['imitated'] !== undefined) return { text: `[${codePoints(text)}]`, mark: codePoints(text) }
  if (Array.from(text).length > MAX_MARKS + 1) return { text: `[${codePoints(text)}]`, mark: codePoints(text) }
  if (text.normalize('NFC') === text) return null
  return { text: `${text}[${codePoints(text)}]`, mark: codePoints(text) }
}

function shownAs(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // Unicode has pictures of the C0 controls.
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `[${codePoints(character)}]`
}
