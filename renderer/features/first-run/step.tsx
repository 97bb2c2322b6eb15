import { CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { Icon } from '../../components/icon.tsx'

export interface StepProps {
  no: number
  title: string
  state: 'done' | 'now' | 'next'
  children: ReactNode
}

/** One step of the guide: done, to do now, or later. */
export function Step({ no, title, state, children }: StepProps): ReactNode {
  return (
    <li className={`fs ${state}`} aria-current={state === 'now' ? 'step' : undefined}>
      <span className="mk">
        {state === 'done' ? (
          <span className="c-ok">
            <Icon of={CircleCheck} size={20} />
            <span className="vh">Done</span>
          </span>
        ) : (
          <span className={state === 'now' ? 'no now' : 'no'}>{no}</span>
        )}
      </span>
      <div>
        <h3>{title}</h3>
        {children}
      </div>
    </li>
  )
}
