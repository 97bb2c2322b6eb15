import { ChevronDown, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from 'react'
import type { JsonValue } from '../../shared/model/json.ts'
import { type JsonRow, jsonRows } from '../lib/json-rows.ts'
import { visibleText } from '../../shared/visible-text.ts'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icon.tsx'

const INDENT_PX = 16
const MAX_TEXT = 2000

/** A JSON value as a tree that opens and closes by mouse and by keys; every line's path can be copied. */
export function JsonTree({ value, label }: { value: JsonValue; label: string }): ReactNode {
  const id = useId()
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [whole, setWhole] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState(0)
  const rows = useMemo(() => jsonRows(value, { toggled, whole, openDepth: 2 }), [value, toggled, whole])
  const index = Math.min(at, rows.length - 1)
  const toggle = (row: JsonRow) => {
    if (row.kind === 'more') setWhole(new Set(whole).add(row.path.slice(0, -' more'.length)))
    if (row.kind !== 'branch') return
    const next = new Set(toggled)
    if (!next.delete(row.path)) next.add(row.path)
    setToggled(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index]
    if (!row) return
    if (event.key === 'ArrowDown') setAt(Math.min(rows.length - 1, index + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(0, index - 1))
    else if (event.key === 'Home') setAt(0)
    else if (event.key === 'End') setAt(rows.length - 1)
    else if (event.key === 'Enter' || ((event.key === 'ArrowRight') !== row.isOpen && event.key.startsWith('Arrow')))
      toggle(row)
    else if (!event.key.startsWith('Arrow')) return
    event.preventDefault()
  }
  return (
    <div
      className="tree"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={`${id}-${index}`}
      onKeyDown={onKeyDown}
    >
      {rows.map((row, no) => (
        <Line
          key={row.path}
          id={`${id}-${no}`}
          row={row}
          isSelected={no === index}
          onToggle={() => {
            setAt(no)
            toggle(row)
          }}
        />
      ))}
    </div>
  )
}

const CLASSES = { string: 's', number: 'n', other: 'v' } as const

interface LineProps {
  id: string
  row: JsonRow
  isSelected: boolean
  onToggle: () => void
}

function Line({ id, row, isSelected, onToggle }: LineProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree handles the keys (aria-activedescendant)
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      className="tn"
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-expanded={row.kind === 'branch' ? row.isOpen : undefined}
      style={{ paddingLeft: row.depth * INDENT_PX }}
      onClick={onToggle}
    >
      <span className="twist">{row.kind === 'branch' && <Icon of={row.isOpen ? ChevronDown : ChevronRight} />}</span>
      {row.key !== null && (
        <>
          <span className="k">{visibleText(row.key, 200)}</span>
          <span className="p">: </span>
        </>
      )}
      <span className={row.kind === 'more' ? 'link' : CLASSES[row.type]}>{visibleText(row.text, MAX_TEXT)}</span>
      {row.kind !== 'more' && row.depth > 0 && isSelected && (
        <span className="cp">
          <CopyButton text={row.path} label="Copy path" isIconOnly />
        </span>
      )}
    </div>
  )
}
