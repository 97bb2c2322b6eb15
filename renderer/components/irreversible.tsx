import { OctagonAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { State } from './state.tsx'

/** Marks what nothing gives back: by its shape and in a word, wherever the act is shown. */
export function Irreversible(): ReactNode {
  return (
    <State kind="fail" icon={OctagonAlert}>
      Irreversible
    </State>
  )
}
