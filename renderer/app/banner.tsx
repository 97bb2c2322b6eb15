import { CircleAlert, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Icon } from '../components/icon.tsx'

/** One line under the title bar: what is wrong, and the act that helps. */
export function Banner({
  kind,
  title,
  children,
}: {
  kind: 'fail' | 'stale' | 'run'
  title: string
  children?: ReactNode
}): ReactNode {
  return (
    <div className={`banner k-${kind}`} role={kind === 'run' ? undefined : 'alert'}>
      <Icon of={kind === 'stale' ? TriangleAlert : CircleAlert} />
      <b>{title}</b>
      {children}
    </div>
  )
}
