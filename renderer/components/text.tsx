import { type ReactNode, useState } from 'react'
import { visibleParts } from '../lib/visible-text.ts'

/** Longer text is cut until asked for: a line of 100 kB must not stop the page. */
const DEFAULT_MAX = 2000

export interface TextProps {
  value: string
  /** Keeps line breaks and tabs */
  isMultiline?: boolean
  max?: number
  /** Cut text can be shown whole; off inside rows and buttons */
  canExpand?: boolean
}

/**
 * Text that somebody else wrote. It is isolated, so that it cannot reorder its neighbours, and what would be invisible in
 * it is shown as a mark.
 */
export function Text({ value, isMultiline = false, max = DEFAULT_MAX, canExpand = false }: TextProps): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const cut = isWhole ? value : value.slice(0, max)
  return (
    <bdi className="text">
      {visibleParts(cut, isMultiline).map((part, index) =>
        part.mark === null ? (
          part.text
        ) : (
          <span key={index} className="mark" title={part.mark}>
            {part.text}
          </span>
        ),
      )}
      {cut.length < value.length && (canExpand ? null : '…')}
      {cut.length < value.length && canExpand && (
        <button type="button" className="link more" onClick={() => setWhole(true)}>
          Show {(value.length - max).toLocaleString('en-US')} more characters
        </button>
      )}
    </bdi>
  )
}
