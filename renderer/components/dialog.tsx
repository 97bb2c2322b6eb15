import { Dialog as Base } from '@base-ui/react/dialog'
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useId, useRef } from 'react'
import { Button } from './button.tsx'

export interface DialogProps {
  title: ReactNode
  /** What follows from it; the first sentence under the title */
  lead?: ReactNode
  children?: ReactNode
  onClose: () => void
  width?: 'normal' | 'wide' | 'full'
  footer?: ReactNode
}

/** Where the focus goes: what is to be filled in, else the safe button. */
function firstField(popup: HTMLElement | null): HTMLElement | true {
  return popup?.querySelector<HTMLElement>('textarea, select, input:not([readonly]):not([type=checkbox])') ?? true
}

/** A modal dialog with title and lead; Esc and a click outside close it. */
export function Dialog({ title, lead, children, onClose, width = 'normal', footer }: DialogProps): ReactNode {
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Viewport className="dialog-place">
          <Base.Popup ref={popup} className={`dialog ${width}`} initialFocus={() => firstField(popup.current)}>
            <header>
              <Base.Title>{title}</Base.Title>
              {lead && <Base.Description className="muted">{lead}</Base.Description>}
            </header>
            {children && <div className="body">{children}</div>}
            {footer && <footer>{footer}</footer>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}

export interface FormDialogProps {
  title: ReactNode
  lead?: ReactNode
  children?: ReactNode
  onClose: () => void
  onSubmit: () => void
  /** The act, as its button says it */
  act: string
  look?: 'main' | 'danger' | 'needs'
  isBusy?: boolean
  canSubmit?: boolean
  width?: 'normal' | 'wide'
  /** What the engine answered when it refused */
  failure?: ReactNode
}

/** A dialog that asks for something: the safe button first, Ctrl or Cmd+Enter sends it from any field. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, lead, children, onClose, onSubmit, act, look = 'main', isBusy, canSubmit = true, failure } = props
  const formId = useId()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (canSubmit && !isBusy) onSubmit()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
    event.preventDefault()
    if (canSubmit && !isBusy) onSubmit()
  }
  const footer = (
    <>
      <span className="grow" />
      <Button look="ghost" keys="Escape" onClick={onClose}>
        Cancel
      </Button>
      <Button type="submit" form={formId} look={look} keys="Mod+Enter" disabled={!canSubmit} isBusy={isBusy ?? false}>
        {act}
      </Button>
    </>
  )
  return (
    <Dialog title={title} lead={lead} onClose={onClose} footer={footer} width={props.width ?? 'normal'}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a shortcut of all its fields */}
      <form id={formId} className="form" onSubmit={submit} onKeyDown={onKeyDown}>
        {children}
        {failure && (
          <p role="alert" className="failed">
            {failure}
          </p>
        )}
      </form>
    </Dialog>
  )
}
