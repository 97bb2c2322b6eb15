import type { ReactNode } from 'react'
import { create } from 'zustand'

interface OpenDialog {
  dialog: ReactNode | null
  /** Counts dialogs, so that the next one starts empty */
  no: number
  /** What had the focus when it was opened */
  opener: HTMLElement | null
}

/**
 * The dialog of an act. It belongs to the window and not to the part of the page that opened it: when its subject leaves
 * the screen it stays, with what was typed into it.
 */
export const useOpenDialog = create<OpenDialog>(() => ({ dialog: null, no: 0, opener: null }))

/** Opens a dialog, unless another one is open: nobody loses what is being typed. */
export function openDialog(dialog: ReactNode): void {
  const { dialog: open, no, opener } = useOpenDialog.getState()
  if (open !== null) return
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null
  // One that follows another goes back to where that one came from.
  useOpenDialog.setState({ dialog, no: no + 1, opener: focused?.closest('.dialog') ? opener : focused })
}

export function closeDialog(): void {
  useOpenDialog.setState({ dialog: null })
}

/** Where the focus goes when a dialog closes: back, or to no control at all, never to another one's. */
export function afterDialog(): HTMLElement | null {
  const { opener } = useOpenDialog.getState()
  return opener?.isConnected && opener !== document.body ? opener : document.getElementById('view')
}
