import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

const manager = Toast.createToastManager()
/** Long enough to read and to reach *Undo* (`analyst.md` §6, 16). */
const TIMEOUT_MS = 10_000

export interface ToastOptions {
  title: string
  detail?: string
  isFailure?: boolean
  /** A later one of the same kind takes its place */
  kind?: string
  action?: { label: string; run: () => void }
}

/** Says what an act came to, with a way back where there is one. */
export function toast({ title, detail, isFailure, action, kind }: ToastOptions): void {
  const id = manager.add({
    title,
    ...(kind === undefined ? {} : { id: kind }),
    ...(detail === undefined ? {} : { description: detail }),
    type: isFailure ? 'failure' : 'done',
    timeout: TIMEOUT_MS,
    ...(action
      ? {
          actionProps: {
            children: action.label,
            onClick: () => {
              manager.close(id)
              action.run()
            },
          },
        }
      : {}),
  })
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
        <Toast.Close className="btn icon ghost sm" aria-label="Close message">
          <Icon of={X} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
