import { type ReactNode, useState } from 'react'
import type { TextPart } from '../../shared/text-part.ts'
import { visibleParts } from '../../shared/visible-text.ts'

/** Longer text is cut until asked for: a line of 100 kB must not stop the page. */
const DEFAULT_MAX = 2000

export interface TextProps {
  value: string
  /** Keeps line breaks and tabs */
  isMultiline?: boolean
  max?: number
  /** Cut text can be shown whole; off inside rows and buttons */
  canExpand?: boolean
  /**
   * On one line that is too short, the middle gives way: the end of a name says what kind of thing it is. Where a beginning
   * has no room beside it, the end gives way as well.
   */
  keepsEnd?: boolean
}

/** Enough for an extension, a port, a last octet. */
const END_LENGTH = 12
/** What base.css keeps of the beginning: text with less before its end has no middle that could give way. */
const HEAD_LENGTH = 8

/**
 * Text that somebody else wrote. It is isolated, so that it cannot reorder its neighbours, and what would be invisible in
 * it is shown as a mark.
 */
export function Text({
  value,
  isMultiline = false,
  max = DEFAULT_MAX,
  canExpand = false,
  keepsEnd = false,
}: TextProps): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const parts = visibleParts(value, isWhole ? { isMultiline } : { isMultiline, max })
  if (keepsEnd) return <EndKept parts={parts} />
  return (
    <bdi className="text">
      <Parts parts={parts} />
      {canExpand && !isWhole && value.length > max && (
        <button type="button" className="link more" onClick={() => setWhole(true)}>
          Show {(value.length - max).toLocaleString('en-US')} more characters
        </button>
      )}
    </bdi>
  )
}

function EndKept({ parts }: { parts: TextPart[] }): ReactNode {
  const { head, tail } = withoutEnd(parts)
  return (
    <bdi className="text keeps-end">
      <span className="head">
        <Parts parts={head} />
      </span>
      {tail.length > 0 && (
        <span>
          <Parts parts={tail} />
        </span>
      )}
    </bdi>
  )
}

/** Splits off what is at least `END_LENGTH` characters long, or nothing where too little is before it; marks stay whole. */
function withoutEnd(parts: TextPart[]): { head: TextPart[]; tail: TextPart[] } {
  const head = [...parts]
  const tail: TextPart[] = []
  for (let missing = END_LENGTH; missing > 0;) {
    const part = head.pop()
    if (part === undefined) break
    const from = part.mark === null ? Math.max(0, part.text.length - missing) : 0
    tail.unshift({ ...part, text: part.text.slice(from) })
    if (from > 0) head.push({ ...part, text: part.text.slice(0, from) })
    missing -= part.text.length
  }
  const before = head.reduce((sum, { text }) => sum + text.length, 0)
  return before < HEAD_LENGTH ? { head: parts, tail: [] } : { head, tail }
}

function Parts({ parts }: { parts: TextPart[] }): ReactNode {
  return parts.map((part, index) =>
    part.mark === null ? (
      part.text
    ) : (
      <span key={index} className="mark" title={part.mark}>
        {part.text}
      </span>
    ),
  )
}
