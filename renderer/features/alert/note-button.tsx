import { StickyNote } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { AlertDetail } from '../../../shared/model/views.ts'
import { Button } from '../../components/button.tsx'
import { FormDialog } from '../../components/dialog.tsx'
import { Area } from '../../components/field.tsx'
import { useCommands } from '../../lib/commands.ts'
import { useInbox } from '../inbox/inbox-store.ts'
import { toast } from '../../components/toast.tsx'

/** The analyst's note on the alert. */
export function NoteButton({ detail }: { detail: AlertDetail }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  useCommands([{ id: 'note', title: 'Note…', group: 'On this alert', keys: ['n'], run: () => setOpen(true) }])
  return (
    <>
      <Button look="ghost" isSmall icon={StickyNote} aria-label="Note… (n)" onClick={() => setOpen(true)} />
      {isOpen && <NoteDialog detail={detail} onClose={() => setOpen(false)} />}
    </>
  )
}

function NoteDialog({ detail, onClose }: { detail: AlertDetail; onClose: () => void }): ReactNode {
  const { alert, triage } = detail
  const [note, setNote] = useState(triage.note)
  const [failure, setFailure] = useState('')
  const submit = async () => {
    const { state, verdict } = triage
    const answer = await useInbox.getState().triage({ ids: [alert.id], scope: 'alert', state, verdict, note })
    if (!answer.ok) return setFailure(answer.error.message)
    toast({ kind: 'triage', title: 'Note saved' })
    onClose()
  }
  return (
    <FormDialog
      title="Note"
      lead="Stays with the alert; earlier versions stay in its history."
      act="Save note"
      onClose={onClose}
      failure={failure}
      onSubmit={() => void submit()}
    >
      <Area label="Note" value={note} rows={5} onChange={setNote} />
    </FormDialog>
  )
}
