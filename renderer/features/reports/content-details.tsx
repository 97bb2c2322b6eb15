import type { ReactNode } from 'react'
import type { FindingView } from '../../../shared/model/report.ts'
import { EntityChip } from '../../components/entity-chip.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Text } from '../../components/text.tsx'
import { defang, defangText, observableKind } from '../../lib/defang.ts'
import { type ContentParts, contentParts } from './content-parts.ts'

/** Rows of a table that are drawn; the rest is counted. */
const MOST_ROWS = 50

/** All that a finding holds: DeepAlert's forms as facts and tables, anything else as a tree. */
export function ContentDetails({ finding, about }: { finding: FindingView; about: string }): ReactNode {
  const parts = contentParts(finding)
  if (parts === null) return <JsonView label={`Finding of ${about}`} value={finding.content} />
  const { facts, tables } = parts
  if (facts.length === 0 && tables.length === 0) return <p className="muted small">It holds nothing further.</p>
  return (
    <div className="content">
      {facts.length > 0 && (
        <dl className="kv one">
          {facts.map(({ name, values }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="wraps">
                <Text value={values.map((value) => safeValue(value)).join(', ')} max={400} canExpand />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {tables.map((table) => (
        <ContentTable key={table.name} table={table} />
      ))}
    </div>
  )
}

function ContentTable({ table: { name, columns, rows } }: { table: ContentParts['tables'][number] }): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <div className="wide" role="region" aria-label={name} tabIndex={0}>
      <table>
        <caption>
          {name} <span className="muted">{rows.length.toLocaleString('en-US')}</span>
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Cell value={cell} name={columns[column] ?? ''} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <p className="muted small">{(rows.length - MOST_ROWS).toLocaleString('en-US')} more not shown</p>
      )}
    </div>
  )
}

/** A hash is told by its ends, and copied whole. */
function Cell({ value, name }: { value: string; name: string }): ReactNode {
  if (observableKind(value, name) === 'hash') return <EntityChip value={value} type={name} />
  return <Text value={safeValue(value, name)} max={160} canExpand />
}

function safeValue(value: string, name = ''): string {
  const kind = observableKind(value, name)
  return kind === 'value' ? defangText(value) : defang(value, kind)
}
