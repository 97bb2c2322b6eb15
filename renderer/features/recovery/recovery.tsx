import { type ReactNode, useState } from 'react'
import type { DeskState } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Text } from '../../components/text.tsx'
import { useDeskState } from '../../app/desk-state.ts'
import { call } from '../../lib/bridge.ts'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { invalidate } from '../../lib/query.ts'
import { full } from '../../lib/time.ts'
import { bytes } from '../../lib/words.ts'

const RESTORED: Standing = { is: 'over', says: 'The database can be used again: a backup was restored meanwhile.' }

type Backup = DeskState['store']['backups'][number]

/** The store cannot be used: nothing is received, run or changed. The file is left as it is. */
export function Recovery({ state }: { state: DeskState }): ReactNode {
  const isFuture = state.store.state === 'future'
  return (
    <main className="solo">
      <div>
        <h1>{isFuture ? 'The database is newer than this Tocsin' : 'The database is damaged'}</h1>
        <p>
          <Text value={state.store.message} />
        </p>
        <p className="muted">
          Nothing is received and no action runs. The file is opened for reading only and was not changed:{' '}
          <code>
            <Text value={state.dataDir} max={300} />
          </code>
          , {bytes(state.store.bytes)}.{isFuture && ' Start a newer Tocsin on it, or restore a backup of this version.'}
        </p>
        <Backups backups={state.store.backups} />
        <Export />
      </div>
    </main>
  )
}

function Backups({ backups }: { backups: readonly Backup[] }): ReactNode {
  return (
    <section aria-label="Restore from a backup">
      <h2 className="sh">Restore from a backup</h2>
      {backups.length === 0 && <p className="muted">There is no backup in the data folder.</p>}
      {backups.length > 0 && (
        <table className="tbl flush" aria-label="Backups">
          <thead>
            <tr>
              <th>Made</th>
              <th>Name</th>
              <th className="num">Size</th>
              <th>
                <span className="vh">Restore</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {backups.map((backup) => (
              <tr key={backup.name}>
                <td>{full(backup.at)}</td>
                <td className="mono">{backup.name}</td>
                <td className="num">{bytes(backup.bytes)}</td>
                <td className="num">
                  <Button
                    isSmall
                    aria-label={`Restore ${backup.name}…`}
                    onClick={() => openDialog(<RestoreDialog backup={backup} />)}
                  >
                    Restore…
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function RestoreDialog({ backup }: { backup: Backup }): ReactNode {
  const { value: state } = useDeskState()
  const isUsable = state !== null && state.store.state !== 'corrupt' && state.store.state !== 'future'
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const submit = async () => {
    setBusy(true)
    const answer = await call('store.restore', { backup: backup.name })
    setBusy(false)
    if (!answer.ok) return setFailure(answer.error.message)
    invalidate(['state', 'alerts', 'events', 'approvals', 'chains', 'problems', 'containments', 'settings'])
    closeDialog()
  }
  return (
    <FormDialog
      title="Restore this backup"
      lead={`What came in after ${full(backup.at)} is not in it. The present file is kept beside it under another name.`}
      act="Restore"
      isBusy={isBusy}
      failure={failure}
      standing={isUsable ? RESTORED : OPEN}
      onSubmit={() => void submit()}
    >
      <ul className="consequences" aria-label="What a restore does">
        <li>The response mode becomes Off, and every open chain is held until you choose another mode.</li>
        <li>
          What may have been carried out since then is shown as Unknown, unless the present file says what became of it.
        </li>
        <li>Tokens that were revoked, then or since, stay revoked. Settings are those of the backup.</li>
      </ul>
    </FormDialog>
  )
}

function Export(): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [path, setPath] = useState('')
  const [failure, setFailure] = useState('')
  const run = async () => {
    setBusy(true)
    const answer = await call('store.export', {})
    setBusy(false)
    if (answer.ok) setPath(answer.value.path)
    else setFailure(answer.error.message)
  }
  return (
    <section aria-label="Export what can be read">
      <h2 className="sh">Export what can be read</h2>
      <p className="muted">Writes every row that is still readable to a file in the data folder.</p>
      <p className="row wrap actions">
        <Button isBusy={isBusy} onClick={() => void run()}>
          Export
        </Button>
        {path && (
          <>
            <code>
              <Text value={path} max={400} />
            </code>
            <CopyButton text={path} label="Copy path" isIconOnly />
          </>
        )}
        {failure && (
          <span className="failed" role="alert">
            {failure}
          </span>
        )}
      </p>
    </section>
  )
}
