import { create } from 'zustand'

/** Which version of the policies is open, and where in it. */
export interface PolicyPlace {
  versionId: string
  file: string | null
  row: number | null
  endRow: number | null
}

export const usePolicyPlace = create<{ place: PolicyPlace | null }>(() => ({ place: null }))

export function openPolicy(place: PolicyPlace): void {
  usePolicyPlace.setState({ place })
}

export function closePolicy(): void {
  usePolicyPlace.setState({ place: null })
}
