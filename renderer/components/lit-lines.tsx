import type { ReactNode } from 'react'
import type { Asked } from '../../shared/model/views.ts'
import { visibleText } from '../../shared/visible-text.ts'

const HIT_WORDS = { lit: 'true', unlit: 'false', cold: 'not reached' } as const

/** Leading blanks that all lines share: they say nothing and cost room. */
function commonIndent(lines: Asked['lines']): number {
  const widths = lines
    .filter((line) => line.text.trim() !== '')
    .map((line) => line.text.length - line.text.trimStart().length)
  return widths.length === 0 ? 0 : Math.min(...widths)
}

/**
 * The lines of a rule: a bar for each that held, and the values it saw.
 * @param of what the rule decided: several may be open on one page
 */
export function LitLines({ lines, of }: { lines: Asked['lines']; of: string }): ReactNode {
  const indent = commonIndent(lines)
  return (
    <div className="codebox">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key */}
      <div className="lines" role="region" aria-label={`Lines of the rule: ${of}`} tabIndex={0}>
        {lines.map((line) => (
          <span key={line.row} className={`ln ${line.hit}`}>
            <i>{line.row}</i>
            <span className="vh">{HIT_WORDS[line.hit]}: </span>
            {visibleText(line.text.slice(indent), 500, true)}
            {line.values && <em className="val">{visibleText(line.values, 500)}</em>}
          </span>
        ))}
      </div>
    </div>
  )
}
