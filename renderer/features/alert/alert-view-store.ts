import { create } from 'zustand'

interface AlertViewStore {
  /** Whether the rule's lines are shown; stays while moving from alert to alert */
  isWhyOpen: boolean
  toggleWhy: () => void
}

export const useAlertView = create<AlertViewStore>((set, get) => ({
  isWhyOpen: false,
  toggleWhy: () => set({ isWhyOpen: !get().isWhyOpen }),
}))
