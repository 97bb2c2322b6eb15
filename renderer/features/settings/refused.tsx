import type { ReactNode } from 'react'
import type { RefusedRow } from '../../../shared/model/source-views.ts'
import { Age } from '../../components/age.tsx'
import { Text } from '../../components/text.tsx'
import { refusalWords } from './refusal-words.ts'

/** Requests that were not taken: how many alike, why, and when. What they held is not kept. */
export function Refused({ rows }: { rows: readonly RefusedRow[] }): ReactNode {
  if (rows.length === 0) return null
  return (
    <>
      <table className="tbl flush refused" aria-label="Refused requests">
        <thead>
          <tr>
            <th>Refused requests</th>
            <th>Source</th>
            <th>From</th>
            <th className="num">Times</th>
            <th className="num">Last</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ source, code, remote, count, lastAt }) => (
            <tr key={`${source} ${code} ${remote}`}>
              <td>
                {refusalWords(code)}
                <code className="sub">{code}</code>
              </td>
              <td>{source === '' ? <span className="muted">no token</span> : <Text value={source} max={100} />}</td>
              <td>{remote === 'proxy' ? 'a proxy' : remote}</td>
              <td className="num">{count.toLocaleString('en-US')}</td>
              <td className="num muted">
                <Age at={lastAt} isLong />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted small">Refused requests of the last 90 days, without anything of what they held.</p>
    </>
  )
}
