import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { HandshakeKind, SourceRow } from '../../../shared/model/source-views.ts'
import { Age } from '../../components/age.tsx'
import { Button } from '../../components/button.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/select.tsx'
import { Text } from '../../components/text.tsx'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { count } from '../../lib/words.ts'
import { Refused } from './refused.tsx'
import { Section } from './setting-row.tsx'
import { TokenDialog } from './token-dialog.tsx'
import { useSubmit } from './use-submit.ts'

const NOTHING = {}
const REVOKED: Standing = { is: 'over', says: 'It was revoked meanwhile, in another window.' }

/** Who sends events, with their tokens. A token is shown once. */
export function Sources(): ReactNode {
  const { value, error, reload } = useQuery('sources.list', NOTHING, { what: ['settings', 'events', 'sources'] })
  const add = (
    <Button isSmall icon={Plus} onClick={() => openDialog(<AddDialog />)}>
      Add source…
    </Button>
  )
  return (
    <Section id="sources" title="Sources" end={add}>
      {error && <Failure error={error} onRetry={reload} />}
      {value && value.rows.length === 0 && (
        <p className="muted">
          Events are taken from any program on this computer. With a source of its own, a sender has a token and its own
          counts.
        </p>
      )}
      {value && value.rows.length > 0 && (
        <table className="tbl flush" aria-label="Sources">
          <thead>
            <tr>
              <th>Name</th>
              <th className="num">Events</th>
              <th>Refused</th>
              <th>Verification</th>
              <th className="num">Last used</th>
              <th>
                <span className="vh">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <Text value={row.name} max={100} />
                </td>
                <td className="num">{row.events.toLocaleString('en-US')}</td>
                <td>{refusals(row)}</td>
                <td>{row.revokedAt === null && <Verification row={row} />}</td>
                <td className="num muted">{row.lastUsedAt === null ? 'never' : <Age at={row.lastUsedAt} isLong />}</td>
                <td className="num">
                  {row.revokedAt === null ? (
                    <Button
                      look="ghost"
                      isSmall
                      aria-label={`Revoke ${row.name}…`}
                      onClick={() => openDialog(<RevokeDialog row={row} />)}
                    >
                      Revoke…
                    </Button>
                  ) : (
                    <span className="muted small">revoked</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {value && <Refused rows={value.refused} />}
    </Section>
  )
}

/** Some services ask before their first event whether it is wanted; the answer stores nothing and tells nothing. */
const FORMS: readonly { value: HandshakeKind | 'off'; label: string }[] = [
  { value: 'off', label: 'Off' },
  { value: 'cloudevents', label: 'CloudEvents' },
  { value: 'event_grid', label: 'Event Grid' },
  { value: 'graph', label: 'Microsoft Graph' },
  { value: 'okta', label: 'Okta' },
  { value: 'slack', label: 'Slack' },
]

function Verification({ row }: { row: SourceRow }): ReactNode {
  const { isBusy, failure, submit } = useSubmit('sources.setHandshake', () => {})
  return (
    <>
      <Select
        label={`Verification of ${row.name}`}
        value={row.handshake ?? 'off'}
        options={FORMS}
        isDisabled={isBusy}
        onChange={(form) => void submit({ id: row.id, handshake: form === 'off' ? null : form })}
      />
      {failure && (
        <p className="small" role="alert">
          {failure}
        </p>
      )}
    </>
  )
}

function refusals(row: SourceRow): ReactNode {
  if (row.refusals.length === 0) return <span className="muted">none</span>
  return row.refusals.map(({ code, count: times }) => `${times.toLocaleString('en-US')} × ${code}`).join(', ')
}

function SourceToken({ token }: { token: string }): ReactNode {
  return (
    <TokenDialog
      title="The source's token"
      lead="Copy it now: only its hash is stored. Who has it can send events, nothing else."
      token={token}
      curl={{ options: '-d @event.json', path: '/alert/raw/SCHEMA' }}
    />
  )
}

function AddDialog(): ReactNode {
  const [name, setName] = useState('')
  const { isBusy, failure, submit } = useSubmit('sources.create', ({ token }) => {
    closeDialog()
    openDialog(<SourceToken token={token} />)
  })
  return (
    <FormDialog
      title="Add source"
      lead="It gets a token, which is shown once."
      act="Add"
      isBusy={isBusy}
      failure={failure}
      cannot={name.trim() === '' ? 'Give it a name.' : ''}
      typed={name}
      onSubmit={() => void submit({ name: name.trim() })}
    >
      <Field label="Name" value={name} maxLength={100} onChange={setName} />
    </FormDialog>
  )
}

function RevokeDialog({ row }: { row: SourceRow }): ReactNode {
  const { value: sources } = useQuery('sources.list', NOTHING, { what: ['settings', 'events', 'state'] })
  const isRevoked = sources?.rows.some(({ id, revokedAt }) => id === row.id && revokedAt !== null) ?? false
  const { isBusy, failure, submit } = useSubmit('sources.revoke', closeDialog)
  return (
    <FormDialog
      title={`Revoke ${row.name}`}
      lead={`Its token is refused from now on. Its ${count(row.events, 'event')} stay.`}
      act="Revoke"
      look="danger"
      isBusy={isBusy}
      failure={failure}
      standing={isRevoked ? REVOKED : OPEN}
      onSubmit={() => void submit({ id: row.id })}
    />
  )
}
