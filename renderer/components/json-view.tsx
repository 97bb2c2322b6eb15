import { type ReactNode, useState } from 'react'
import type { JsonValue } from '../../shared/model/json.ts'
import { CopyButton } from './copy-button.tsx'
import { JsonTree } from './json-tree.tsx'
import { Text } from './text.tsx'

/** Raw text is cut here until asked for. */
const RAW_MAX = 20_000

export interface JsonViewProps {
  label: string
  /** Undefined when the text is no JSON: only the raw view is offered */
  value: JsonValue | undefined
  /** The raw text; by default the value, indented */
  text?: string
  children?: ReactNode
}

/** A JSON value as tree or as raw text, to copy. */
export function JsonView({ label, value, text, children }: JsonViewProps): ReactNode {
  const [view, setView] = useState<'tree' | 'raw'>(value === undefined ? 'raw' : 'tree')
  const raw = text ?? JSON.stringify(value, null, 2)
  return (
    <div>
      <div className="jsontools">
        {value !== undefined && (
          <span className="seg" role="group" aria-label={`${label} as`}>
            <button type="button" aria-pressed={view === 'tree'} onClick={() => setView('tree')}>
              Tree
            </button>
            <button type="button" aria-pressed={view === 'raw'} onClick={() => setView('raw')}>
              Raw
            </button>
          </span>
        )}
        <span className="grow">{children}</span>
        <CopyButton text={raw} label="Copy" />
      </div>
      {view === 'tree' && value !== undefined ? (
        <JsonTree value={value} label={label} />
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
        <pre className="raw" role="region" aria-label={`${label}, raw`} tabIndex={0}>
          <Text value={raw} isMultiline max={RAW_MAX} canExpand />
        </pre>
      )}
    </div>
  )
}

/** Parses text that may be JSON. @returns undefined when it is not */
export function parsedJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}
