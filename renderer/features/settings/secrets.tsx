import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { contract } from '../../../shared/contract.ts'
import type { SecretRow } from '../../../shared/model/settings.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { When } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Area, Field } from '../../components/field.tsx'
import { Failure } from '../../components/failure.tsx'
import { State } from '../../components/state.tsx'
import { Text } from '../../components/text.tsx'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { linesOf, Section } from './setting-row.tsx'
import { useSubmit } from './use-submit.ts'

const NOTHING = {}

const GONE: Standing = { is: 'over', says: 'It is not in the vault any more: another window removed it.' }

/** Names of secrets and where they may go. Values go in and are never shown again. */
export function Secrets(): ReactNode {
  const { value, error, reload } = useQuery('secrets.list', NOTHING, { what: ['settings'] })
  const { value: state } = useDeskState()
  const add = (
    <Button isSmall icon={Plus} onClick={() => openDialog(<SecretDialog row={null} />)}>
      Add secret…
    </Button>
  )
  return (
    <Section id="secrets" title="Secrets" end={add}>
      {state?.vault.isWeak && (
        <p className="small">
          <State kind="stale">Not in a system keychain</State> <Text value={state.vault.message} />
        </p>
      )}
      {error && <Failure error={error} onRetry={reload} />}
      {value && value.rows.length === 0 && (
        <p className="muted">
          None yet. Policies see a secret as a handle; its value is put in at the moment an action runs, and is shown
          nowhere.
        </p>
      )}
      {value && value.rows.length > 0 && (
        <table className="tbl flush" aria-label="Secrets">
          <thead>
            <tr>
              <th>Name</th>
              <th>May go to</th>
              <th>Set</th>
              <th>
                <span className="vh">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map((row) => (
              <tr key={row.name}>
                <td className="mono">
                  <Text value={row.name} max={128} />
                </td>
                <td>
                  {row.hosts.length === 0 ? (
                    <span className="c-medium">any host</span>
                  ) : (
                    <Text value={row.hosts.join(', ')} max={200} />
                  )}
                </td>
                <td>{row.isReadable ? <When at={row.updatedAt} /> : <State kind="stale">Not readable here</State>}</td>
                <td className="num">
                  <Button
                    look="ghost"
                    isSmall
                    aria-label={`Replace ${row.name}…`}
                    onClick={() => openDialog(<SecretDialog row={row} />)}
                  >
                    Replace…
                  </Button>
                  <Button
                    look="ghost"
                    isSmall
                    aria-label={`Remove ${row.name}…`}
                    onClick={() => openDialog(<RemoveDialog row={row} />)}
                  >
                    Remove…
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

function SecretDialog({ row }: { row: SecretRow | null }): ReactNode {
  const [name, setName] = useState(row?.name ?? '')
  const [value, setValue] = useState('')
  const [hosts, setHosts] = useState(row?.hosts.join('\n') ?? '')
  const { isBusy, failure, submit } = useSubmit('secrets.set', closeDialog)
  const arg = { name: name.trim(), value, hosts: linesOf(hosts) }
  const parsed = contract['secrets.set'].arg.safeParse(arg)
  const wrongValue = value !== '' && value.length < 8 ? 'A secret has at least 8 characters' : null
  return (
    <FormDialog
      title={row ? `Replace ${row.name}` : 'Add secret'}
      lead="The value is sealed in the vault and cannot be read back, only replaced."
      act={row ? 'Replace' : 'Add'}
      isBusy={isBusy}
      failure={failure}
      cannot={parsed.success ? '' : 'A name of letters, digits and _, and a value of at least 8 characters are needed.'}
      onSubmit={() => void submit(arg)}
    >
      <Field
        label="Name"
        isMono
        spellCheck={false}
        autoComplete="off"
        readOnly={row !== null}
        value={name}
        hint="Letters, digits and _, as policies call it in input.env"
        onChange={setName}
      />
      <Field
        label="Value"
        type="password"
        isMono
        autoComplete="new-password"
        value={value}
        error={wrongValue}
        onChange={setValue}
      />
      <Area
        label="Hosts it may be sent to"
        isMono
        rows={2}
        value={hosts}
        hint="One per line; empty for any host"
        onChange={setHosts}
      />
    </FormDialog>
  )
}

function RemoveDialog({ row }: { row: SecretRow }): ReactNode {
  const { value: secrets } = useQuery('secrets.list', NOTHING, { what: ['settings', 'state'] })
  const isGone = secrets !== null && !secrets.rows.some(({ name }) => name === row.name)
  const { isBusy, failure, submit } = useSubmit('secrets.remove', closeDialog)
  return (
    <FormDialog
      title={`Remove ${row.name}`}
      lead="Actions that need it fail until it is set again."
      act="Remove"
      look="danger"
      isBusy={isBusy}
      failure={failure}
      standing={isGone ? GONE : OPEN}
      onSubmit={() => void submit({ name: row.name })}
    />
  )
}
