import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useId, useState } from 'react'
import { useConnection } from '../app/connection.ts'
import { closeDialog } from '../lib/open-dialog.ts'
import { OPEN, type Standing, strictest } from '../lib/standing.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'

export interface FormDialogProps {
  title: ReactNode
  lead?: ReactNode
  children?: ReactNode
  /** Below the fields, in sight however many there are */
  pinned?: ReactNode
  onSubmit: () => void
  /** The act, as its button says it */
  act: string
  look?: 'main' | 'danger' | 'needs'
  isBusy?: boolean
  /** Why it cannot be sent as it is; '' when it can. Told when somebody tries */
  cannot?: string
  /** Somebody tried although it cannot be sent */
  onTry?: () => void
  width?: 'normal' | 'wide'
  /** What the engine answered when it refused */
  failure?: ReactNode
  /** What became of its subject since it was opened */
  standing?: Standing
  /** What was typed, as text: it can be copied when it cannot be sent any more */
  typed?: string
}

/**
 * A dialog that asks for something and sends it: the safe button first, Ctrl or Cmd+Enter sends it from any field, Enter
 * alone never does. It is opened by `openDialog`, and closes only by the analyst's hand or after its act was taken.
 */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, lead, children, pinned, onSubmit, act, look = 'main', isBusy = false, cannot = '', failure } = props
  const { typed = '', standing: subject = OPEN, width = 'normal' } = props
  const [refusal, setRefusal] = useState('')
  const formId = useId()
  const connection = useConnection()
  // While the act is on its way, what it does to its subject is no news.
  const standing = isBusy ? OPEN : strictest([connection, subject])
  const isSendable = standing.is === 'open' || standing.is === 'changed'
  const submit = () => {
    if (isBusy || !isSendable) return
    setRefusal(cannot)
    if (cannot === '') onSubmit()
    else (props.onTry ?? focusMissing)()
  }
  const focusMissing = () => document.querySelector<HTMLElement>(`#${CSS.escape(formId)} :invalid`)?.focus()
  const onSubmitEvent = (event: SyntheticEvent) => {
    event.preventDefault()
    submit()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    const isSending = event.metaKey || event.ctrlKey
    if (!isSending && !(event.target instanceof HTMLInputElement)) return
    event.preventDefault()
    if (isSending && !event.repeat) submit()
  }
  const told = refusal || failure
  const isOver = standing.is === 'over'
  const footer = (
    <>
      {typed !== '' && !isSendable && <CopyButton text={typed} label="Copy what you typed" />}
      <span className="grow" />
      <Button look="ghost" keys="Escape" onClick={closeDialog}>
        {isOver ? 'Close' : 'Cancel'}
      </Button>
      {!isOver && (
        <Button
          type="submit"
          form={formId}
          look={look}
          keys="Mod+Enter"
          aria-disabled={cannot !== ''}
          disabled={!isSendable}
          isBusy={isBusy}
        >
          {act}
        </Button>
      )}
    </>
  )
  return (
    <Dialog
      title={title}
      lead={isOver ? undefined : lead}
      notice={<Notice standing={standing} />}
      pinned={
        <>
          {pinned}
          {told && (
            <p role="alert" className="failed told">
              {told}
            </p>
          )}
        </>
      }
      onClose={closeDialog}
      footer={footer}
      width={width}
      isHeld={typed !== '' || standing.is !== 'open'}
    >
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a shortcut of all its fields */}
      <form
        id={formId}
        className="form"
        noValidate
        onSubmit={onSubmitEvent}
        onKeyDown={onKeyDown}
        onInput={() => setRefusal('')}
      >
        {children}
      </form>
    </Dialog>
  )
}

/** What happened to the subject: said where the eye is, and to screen readers. */
function Notice({ standing }: { standing: Standing }): ReactNode {
  return (
    <div
      role="alert"
      className={standing.is === 'changed' ? 'notice k-stale' : 'notice k-fail'}
      hidden={standing.is === 'open'}
    >
      {standing.is !== 'open' && standing.says}
    </div>
  )
}
