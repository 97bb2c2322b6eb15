import type { ReactNode } from 'react'
import { actTitle, type NamedAct } from '../../shared/model/act-title.ts'
import { Text } from './text.tsx'

interface ActNameProps {
  act: NamedAct
  max?: number
  /** On one line that is too short the middle gives way, as in `Text` */
  keepsEnd?: boolean
}

/** How an action is called: the policy's name where it gives one. `OwnTitle` stands beside it wherever this stands. */
export function ActName({ act, max = 200, keepsEnd = false }: ActNameProps): ReactNode {
  return <Text value={actTitle(act).heading} max={max} keepsEnd={keepsEnd} />
}

/** What the action itself says it does, where a policy's name stands in the heading. */
export function OwnTitle({ act, max = 200, keepsEnd = false }: ActNameProps): ReactNode {
  const { own } = actTitle(act)
  return own === null ? null : (
    <span className="own">
      <Text value={own} max={max} keepsEnd={keepsEnd} />
    </span>
  )
}

/** What it happens to, where the action's own title does not say it already. */
export function Target({ act, max = 200, keepsEnd = false }: ActNameProps & { act: { target: string } }): ReactNode {
  if (act.target === '' || act.title.includes(act.target)) return null
  return (
    <span className="target mono">
      <Text value={act.target} max={max} keepsEnd={keepsEnd} />
    </span>
  )
}
