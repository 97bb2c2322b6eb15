import { StickyNote } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { Area } from '../../components/field.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { useCommands } from '../../lib/commands.ts'
import { closeDialog, openDialog } from '../../lib/open-dialog.ts'
import { useQuery } from '../../lib/query.ts'
import { OPEN, type Standing } from '../../lib/standing.ts'
import { visibleText } from '../../../shared/visible-text.ts'
import { useInbox } from '../inbox/inbox-store.ts'
import { toast } from '../../components/toast.tsx'

/** The analyst's note on the alert. */
export function NoteButton({ detail }: { detail: AlertDetail }): ReactNode {
  const open = () => openDialog(<NoteDialog detail={detail} />)
  useCommands([{ id: 'note', title: 'Note…', group: 'On this alert', keys: ['n'], run: open }])
  return <Button look="ghost" isSmall icon={StickyNote} aria-label="Note… (n)" onClick={open} />
}

function NoteDialog({ detail }: { detail: AlertDetail }): ReactNode {
  const { id } = detail.alert
  const { value: now } = useQuery('alerts.get', { id }, { what: ['alerts', 'state'], alertId: id })
  const { triage } = now ?? detail
  const [note, setNote] = useState(detail.triage.note)
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    const { state, verdict } = triage
    setBusy(true)
    const answer = await useInbox.getState().triage({ ids: [id], scope: 'alert', state, verdict, note })
    setBusy(false)
    if (!answer.ok) return setFailure(answer.error.message)
    toast({ kind: 'triage', title: 'Note saved' })
    closeDialog()
  }
  return (
    <FormDialog
      title="Note"
      lead="Stays with the alert; earlier versions stay in its history."
      act="Save note"
      isBusy={isBusy}
      failure={failure}
      standing={triage.note === detail.triage.note ? OPEN : noteChanged(triage.note)}
      typed={note}
      onSubmit={() => void submit()}
    >
      <Area label="Note" value={note} rows={5} onChange={setNote} />
    </FormDialog>
  )
}

function noteChanged(note: string): Standing {
  return {
    is: 'changed',
    says: `The note was changed in another window. It says: “${visibleText(note, 300)}”. Saving puts yours in its place.`,
  }
}
