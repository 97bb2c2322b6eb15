import { ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

/** What came in since a list was read. It stands in the head of its place, so that no row moves under the pointer. */
export function NewsPill({ children, onShow }: { children: ReactNode; onShow: () => void }): ReactNode {
  return (
    <button type="button" className="news" onClick={onShow}>
      <Icon of={ArrowUp} />
      <span className="ell">{children}</span>
    </button>
  )
}
