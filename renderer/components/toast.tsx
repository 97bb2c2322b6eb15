import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { create } from 'zustand'
import { Keys } from './button.tsx'
import { Icon } from './icon.tsx'

const manager = Toast.createToastManager()
/** Long enough to read and to reach *Undo* (`analyst.md` §6, 16). */
const TIMEOUT_MS = 10_000

/** Takes back what the latest message with a way back told; null when none is shown. */
export const useWayBack = create<{ run: (() => void) | null }>(() => ({ run: null }))
export const UNDO_KEY = 'u'

export interface ToastOptions {
  title: string
  detail?: string
  isFailure?: boolean
  /** A later one of the same kind takes its place */
  kind?: string
  /** Takes the act back: by its button, and by `UNDO_KEY` while the message is shown */
  undo?: () => void
}

/** Says what an act came to, with a way back where there is one. */
export function toast({ title, detail, isFailure, undo, kind }: ToastOptions): void {
  const run =
    undo &&
    (() => {
      manager.close(id)
      undo()
    })
  const id = manager.add({
    title,
    ...(kind === undefined ? {} : { id: kind }),
    ...(detail === undefined ? {} : { description: detail }),
    type: isFailure ? 'failure' : 'done',
    timeout: TIMEOUT_MS,
    onClose: () => {
      if (useWayBack.getState().run === run) useWayBack.setState({ run: null })
    },
    // One that takes the place of another of its kind would keep that one's button.
    actionProps: run
      ? {
          children: (
            <>
              Undo <Keys of={UNDO_KEY} />
            </>
          ),
          'aria-keyshortcuts': UNDO_KEY,
          onClick: run,
        }
      : undefined,
  })
  if (run || kind !== undefined) useWayBack.setState({ run: run ?? null })
}

export function Toasts({ children }: { children: ReactNode }): ReactNode {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List(): ReactNode {
  const { toasts } = Toast.useToastManager()
  return toasts.map((each) => (
    // Not a dialog, as Base UI has it: it takes no focus and asks nothing.
    <Toast.Root key={each.id} toast={each} role="group" className={`toast ${each.type ?? ''}`}>
      <Toast.Content className="toast-content">
        <div className="grow">
          <Toast.Title className="strong" />
          <Toast.Description className="small muted" />
        </div>
        <Toast.Action className="btn sm" />
        <Toast.Close className="btn icon ghost sm close" aria-label="Close message">
          <Icon of={X} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
