import { create } from 'zustand'

/** The entity that was chosen in the relations; `no` counts, so that choosing one again goes there again. */
export const useChosenEntity = create<{ hash: string | null; no: number }>(() => ({ hash: null, no: 0 }))

/** Brings the card of an entity into sight, with the focus on it. */
export function chooseEntity(hash: string): void {
  useChosenEntity.setState(({ no }) => ({ hash, no: no + 1 }))
}
