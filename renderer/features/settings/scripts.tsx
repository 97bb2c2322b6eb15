import type { ReactNode } from 'react'
import type { ScriptRow } from '../../../shared/model/settings.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { Section } from './setting-row.tsx'
import { useSubmit } from './use-submit.ts'

const NOTHING = {}
const REFRESH = { what: ['settings', 'state'] } as const

/** As much of a hash as tells two of them apart at a glance; the dialog has the whole. */
const SHORT_HASH = 12

const TRUST = {
  trusted: <State kind="ok">Trusted</State>,
  changed: <State kind="stale">Changed since it was trusted</State>,
  none: <State kind="wait">Not trusted</State>,
} satisfies Record<ScriptRow['trust'], ReactNode>

/** Scripts that own actions run: which of them may run as they are declared. */
export function Scripts(): ReactNode {
  const { value, error, reload } = useQuery('scripts.list', NOTHING, REFRESH)
  return (
    <Section id="scripts" title="Scripts">
      {error && <Failure error={error} onRetry={reload} />}
      {value && value.rows.length === 0 && (
        <p className="muted">
          None. An action that the workspace declares under actions/ may be a script; it waits for you until you have
          trusted it here.
        </p>
      )}
      {value && value.rows.length > 0 && (
        <table className="tbl flush" aria-label="Scripts">
          <thead>
            <tr>
              <th>Script</th>
              <th>SHA-256</th>
              <th>Trust</th>
              <th>
                <span className="vh">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map((row) => (
              <Script key={`${row.file} ${row.fingerprint}`} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function Script({ row }: { row: ScriptRow }): ReactNode {
  const { file, actions, sha256, trust } = row
  const name = visibleText(file, 200)
  return (
    <tr>
      <td>
        <span className="mono">
          <Text value={file} max={200} />
        </span>
        <span className="sub">
          <Text value={actions.join(', ')} max={300} />
        </span>
      </td>
      <td className="mono">{sha256.slice(0, SHORT_HASH)}…</td>
      <td>{TRUST[trust]}</td>
      <td className="num">
        {trust === 'trusted' ? (
          <Button
            look="ghost"
            isSmall
            aria-label={`Withdraw trust in ${name}…`}
            onClick={() => openDialog(<WithdrawDialog row={row} />)}
          >
            Withdraw…
          </Button>
        ) : (
          <Button isSmall aria-label={`Trust ${name}…`} onClick={() => openDialog(<TrustDialog row={row} />)}>
            Trust…
          </Button>
        )}
      </td>
    </tr>
  )
}

/** What became of a row while its dialog was open. */
function useStanding({ fingerprint }: ScriptRow, wanted: (trust: ScriptRow['trust']) => boolean): Standing {
  const { value } = useQuery('scripts.list', NOTHING, REFRESH)
  if (value === null) return OPEN
  const now = value.rows.find((row) => row.fingerprint === fingerprint)
  if (now === undefined)
    return { is: 'over', says: 'The script is another one by now: close this and look at it again.' }
  if (!wanted(now.trust)) return { is: 'over', says: 'Another window has decided this meanwhile.' }
  return OPEN
}

function TrustDialog({ row }: { row: ScriptRow }): ReactNode {
  const { isBusy, failure, submit } = useSubmit('scripts.trust', closeDialog)
  const standing = useStanding(row, (trust) => trust !== 'trusted')
  return (
    <FormDialog
      title={`Trust ${visibleText(row.file, 200)}`}
      lead="It runs on this computer with your rights. These very bytes, with this environment and this effect, then run as a policy asks; a change of any of them waits for you again."
      act="Trust"
      look="needs"
      width="wide"
      isBusy={isBusy}
      failure={failure}
      standing={standing}
      pinned={<Facts row={row} />}
      onSubmit={() => void submit({ fingerprint: row.fingerprint })}
    >
      <Source row={row} />
    </FormDialog>
  )
}

/** In sight however far the script is scrolled. */
function Facts({ row }: { row: ScriptRow }): ReactNode {
  const environment = Object.entries(row.env).map(([name, value]) => `${name}=${value}`)
  return (
    <div className="pinned">
      <dl className="facts">
        <dt>SHA-256</dt>
        <dd className="mono">{row.sha256}</dd>
        <dt>Effect</dt>
        <dd>{row.effect}</dd>
        <dt>Actions</dt>
        <dd className="mono">
          <Text value={row.actions.join(', ')} canExpand />
        </dd>
        <dt>Environment</dt>
        <dd className="mono">
          {environment.length === 0 ? 'empty' : <Text value={environment.join('\n')} isMultiline canExpand />}
        </dd>
      </dl>
    </div>
  )
}

/** All of it: what is trusted is not cut. */
function Source({ row: { file, source } }: { row: ScriptRow }): ReactNode {
  const lines = source.replace(/\n$/, '').split('\n')
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by key
    <div className="codebox" role="region" aria-label={visibleText(file, 200)} tabIndex={0}>
      <div className="lines">
        {lines.map((line, index) => (
          <span key={index} className="ln">
            <i>{index + 1}</i>
            {visibleText(line, line.length, true)}
          </span>
        ))}
      </div>
    </div>
  )
}

function WithdrawDialog({ row }: { row: ScriptRow }): ReactNode {
  const { isBusy, failure, submit } = useSubmit('scripts.withdraw', closeDialog)
  const standing = useStanding(row, (trust) => trust === 'trusted')
  return (
    <FormDialog
      title={`Withdraw trust in ${visibleText(row.file, 200)}`}
      lead="Its actions contain and wait for you again, whatever the policy says. What was done stays."
      act="Withdraw"
      look="danger"
      isBusy={isBusy}
      failure={failure}
      standing={standing}
      onSubmit={() => void submit({ fingerprint: row.fingerprint })}
    />
  )
}
