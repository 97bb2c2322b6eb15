import { Dialog as Base } from '@base-ui/react/dialog'
import { type ReactNode, useRef } from 'react'
import { afterDialog } from '../lib/open-dialog.ts'

export interface DialogProps {
  title: ReactNode
  /** What follows from it; the first sentence under the title */
  lead?: ReactNode
  /** What happened to its subject meanwhile; always in sight */
  notice?: ReactNode
  children?: ReactNode
  /** Below the body, in sight however long that is */
  pinned?: ReactNode
  onClose: () => void
  width?: 'normal' | 'wide' | 'full'
  footer?: ReactNode
  /** A click outside does not close it: it holds something that would be lost */
  isHeld?: boolean
}

/** Where the focus goes: what is to be filled in, else the safe button. */
function firstField(popup: HTMLElement | null): HTMLElement | true {
  return popup?.querySelector<HTMLElement>('textarea, select, input:not([readonly]):not([type=checkbox])') ?? true
}

/** A modal dialog with title and lead; Esc and a click outside close it. Its body scrolls, title and answer stay. */
export function Dialog(props: DialogProps): ReactNode {
  const { title, lead, notice, children, pinned, onClose, width = 'normal', footer, isHeld = false } = props
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open disablePointerDismissal={isHeld} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="scrim" />
        <Base.Viewport className="dialog-place">
          <Base.Popup
            ref={popup}
            className={`dialog ${width}`}
            initialFocus={() => firstField(popup.current)}
            finalFocus={afterDialog}
          >
            <header>
              <Base.Title>{title}</Base.Title>
              {lead && <Base.Description className="muted">{lead}</Base.Description>}
            </header>
            {notice}
            {children && <div className="body">{children}</div>}
            {pinned}
            {footer && <footer>{footer}</footer>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}
