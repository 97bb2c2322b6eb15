import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { Failure, Loading } from '../../components/failure.tsx'
import { Text } from '../../components/text.tsx'
import { useQuery } from '../../lib/query.ts'
import { linesOf, Row, TextSetting } from './setting-row.tsx'

const NOTHING = {}

/** What nothing may contain: the analyst's list, and what is built in, with the reason. */
export function ProtectedSettings({ settings }: { settings: Settings }): ReactNode {
  return (
    <>
      <TextSetting
        title="Protected targets"
        hint="One name, address or range per line; *.example.com is every host below it. No policy and no edit contains one, in whatever spelling. Taking something back is never barred."
        isArea
        placeholder="dc1.corp.example.com"
        value={settings['contain.protected'].join('\n')}
        parse={(text) => ({ 'contain.protected': linesOf(text) })}
      />
      <Row
        title="Protected without being listed"
        hint="What this desk needs to be reached, and to take back what it did. Read anew whenever something is to be contained."
        isArea
      >
        <BuiltIn />
      </Row>
    </>
  )
}

function BuiltIn(): ReactNode {
  const { value, error, reload } = useQuery('settings.protected', NOTHING, { what: ['settings'] })
  if (!value) return error ? <Failure error={error} onRetry={reload} /> : <Loading what="what is protected" />
  return (
    <ul className="builtin" aria-label="Protected without being listed">
      {value.rows.map(({ value: name, why }) => (
        <li key={name}>
          <span className="mono">
            <Text value={name} max={120} />
          </span>
          <span className="muted">
            <Text value={why} max={160} />
          </span>
        </li>
      ))}
    </ul>
  )
}
